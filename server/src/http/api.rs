//! The server functions under `/api`.

use app::{api::Purchase, wire::ApiError};
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::{any, on},
};
use leptos_axum::handle_server_fns_with_context;
use server_fn::ServerFn;

use super::{
    Doors,
    envelope::{self, Envelope},
};

/// Cacheable by anybody for a moment: the catalogue.
const CACHEABLE: [&str; 2] = ["/api/rounds", "/api/item"];

/// A route for each server function but the purchase: that one has no static address.
pub fn routes(doors: &Doors) -> Router<Doors> {
    let mut router = Router::new();
    for (path, method) in server_fn::axum::server_fn_paths() {
        if path == Purchase::PATH {
            continue;
        }
        let doors = doors.clone();
        let method = match method {
            Method::GET => axum::routing::MethodFilter::GET,
            _ => axum::routing::MethodFilter::POST,
        };
        let handler = on(method, move |request: Request| run(doors, request));
        router = router.route(path, handler.fallback(wrong_method));
    }
    router.route("/api/{*rest}", any(nothing))
}

/// Runs the server function at the request's address.
pub async fn run(doors: Doors, request: Request) -> Response {
    let request = match envelope::bounded(request).await {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let cacheable = CACHEABLE.contains(&request.uri().path());
    let answer = handle_server_fns_with_context(doors.context(), request).await;
    let mut response = envelope::finish(answer.into_response()).await;
    if cacheable && response.status().is_success() {
        let moment = HeaderValue::from_static("public, max-age=5");
        response.headers_mut().insert(header::CACHE_CONTROL, moment);
    }
    response
}

async fn nothing() -> Envelope {
    Envelope(ApiError::NotFound)
}

/// There is something here, but not for this verb.
async fn wrong_method() -> Response {
    let mut response = Envelope(ApiError::NotFound).into_response();
    *response.status_mut() = axum::http::StatusCode::METHOD_NOT_ALLOWED;
    response
}
