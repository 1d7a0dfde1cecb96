//! How many requests of which kind, and how long they took.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};

/// A request that is under way. Counted by route, not by address: an address may hold a secret, and there
/// are endlessly many.
pub struct CountedRequest {
    route: Option<MatchedPath>,
    begun: Instant,
}

impl CountedRequest {
    /// From now on.
    pub fn begin(request: &Request) -> Self {
        Self {
            route: request.extensions().get::<MatchedPath>().cloned(),
            begun: Instant::now(),
        }
    }

    /// It was answered.
    pub fn end(self, response: &Response) {
        let route = self.route.as_ref().map_or("other", MatchedPath::as_str);
        let status = response.status().as_str().to_owned();
        metrics::counter!("seckill_http_requests_total", "route" => route.to_owned(), "status" => status)
            .increment(1);
        metrics::histogram!("seckill_http_request_seconds", "route" => route.to_owned())
            .record(self.begun.elapsed().as_secs_f64());
    }
}
