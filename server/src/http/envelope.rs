//! The one form of errors: `{"error": <code>, …}` with a real status. Server functions answer every
//! error with 500 and a header of their own; here it gets the status that belongs to it. Layers in
//! front of them (limits, time, panics) answer in the same form, because clients decode it.

use std::any::Any;

use app::wire::ApiError;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use server_fn::error::SERVER_FN_ERROR_HEADER;
use uuid::Uuid;

use super::Doors;

/// Largest request body: the largest form has three short fields.
pub const MAX_REQUEST: usize = 16 * 1024;
/// Largest answer that is looked into; errors are a few hundred bytes.
const MAX_ERROR: usize = 64 * 1024;

/// An error on its way out.
pub struct Envelope(pub ApiError);

impl IntoResponse for Envelope {
    fn into_response(self) -> Response {
        let Envelope(error) = self;
        let status =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&error)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = error.retry_after_s() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Gives a server function's answer its status; `no-store` unless the function is cacheable.
pub async fn finish(mut response: Response) -> Response {
    // A form's redirect carries its error in the address.
    let redirects = response.status().is_redirection();
    if response
        .headers_mut()
        .remove(SERVER_FN_ERROR_HEADER)
        .is_none()
        || redirects
    {
        let headers = response.headers_mut();
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        return response;
    }
    let body = to_bytes(response.into_body(), MAX_ERROR)
        .await
        .unwrap_or_default();
    match serde_json::from_slice::<ApiError>(&body) {
        Ok(error) => Envelope(error).into_response(),
        Err(error) => {
            tracing::error!(%error, "a server function answered with no error of ours");
            Envelope(internal("unreadable")).into_response()
        }
    }
}

/// Reads the request's body, if it is not too large: the bound on what a caller can make us hold.
pub async fn bounded(request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let declared = parts.headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = || {
        Envelope(ApiError::Invalid {
            field: "body".to_owned(),
        })
        .into_response()
    };
    if declared.is_some_and(|length| length > MAX_REQUEST) {
        return Err(too_large());
    }
    let body: Bytes = to_bytes(body, MAX_REQUEST).await.map_err(|_| too_large())?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Nobody waits longer than the shop's patience; what was begun is finished or undone by its owner.
pub async fn in_time(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(doors.settings.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Envelope(ApiError::Busy { retry_after_s: 1 }).into_response(),
    }
}

/// A bug of ours, logged under the reference that the caller may quote.
pub fn internal(what: &str) -> ApiError {
    let trace_id = Uuid::now_v7().simple().to_string();
    tracing::error!(trace_id, what, "internal error");
    ApiError::Internal { trace_id }
}

/// A bug of ours costs one request, not the process.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is the layer's"
)]
pub fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Envelope(internal(text.unwrap_or("a panic without words"))).into_response()
}
