//! How many requests of which kind, and how long they took.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

/// Counts by route, not by address: an address may hold a secret, and there are endlessly many.
pub async fn count(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "other".to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    metrics::counter!("seckill_http_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("seckill_http_request_seconds", "route" => route)
        .record(begun.elapsed().as_secs_f64());
    response
}
