//! The one form of errors: `{"error": <code>, …}` with a real status. Server functions set the
//! status of theirs; handlers and layers (limits, time, panics) answer in the same form here,
//! because clients decode it.

use std::{any::Any, time::Duration};

use app::wire::ApiError;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use server_fn::error::{FromServerFnError as _, SERVER_FN_ERROR_HEADER, ServerFnErrorErr};
use uuid::Uuid;

use crate::chain::panic_message;

/// Largest request body: the largest form has three short fields.
pub const MAX_REQUEST: usize = 16 * 1024;

/// An error as a response.
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

/// Completes a server function's answer, which has its status already (see `app::wire::ApiError::ser`):
/// without the framework's error header, and `no-store` unless it says otherwise.
pub fn finish(mut response: Response) -> Response {
    response.headers_mut().remove(SERVER_FN_ERROR_HEADER);
    no_store(response)
}

/// Answers are not cached, unless they say otherwise.
pub fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The request's body as JSON, within its bound.
pub async fn json<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    if !says(&request, "application/json") {
        return Err(unreadable());
    }
    let body = bounded_body(
        request.headers().get(header::CONTENT_LENGTH).cloned(),
        request.into_body(),
    )
    .await?;
    serde_json::from_slice(&body)
        .map_err(|error| ApiError::from_server_fn_error(ServerFnErrorErr::Args(error.to_string())))
}

/// Whether the request declares this content type.
pub fn says(request: &Request, content_type: &str) -> bool {
    let said = request.headers().get(header::CONTENT_TYPE);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(content_type)
}

/// The error for a body that cannot be read.
pub fn unreadable() -> ApiError {
    ApiError::Invalid {
        field: "body".to_owned(),
    }
}

/// Reads the request's body up to its size limit, which bounds the memory a caller can take.
pub async fn bounded(request: Request) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    let declared = parts.headers.get(header::CONTENT_LENGTH).cloned();
    let body = bounded_body(declared, body).await?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

async fn bounded_body(declared: Option<HeaderValue>, body: Body) -> Result<Bytes, ApiError> {
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_REQUEST) {
        return Err(unreadable());
    }
    to_bytes(body, MAX_REQUEST).await.map_err(|_| unreadable())
}

/// Answers at the time limit at the latest; the owner of unfinished work completes or undoes it.
pub async fn in_time(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(limit, answer).await {
        Ok(response) => response,
        Err(_) => Envelope(ApiError::Busy { retry_after_s: 1 }).into_response(),
    }
}

/// A bug of ours, logged with the reference that the caller may quote.
pub fn internal(what: &str) -> ApiError {
    let trace_id = Uuid::now_v7().simple().to_string();
    tracing::error!(trace_id, what, "internal error");
    ApiError::Internal { trace_id }
}

/// A panic costs one request, not the process.
pub fn after_panic(panic: &(dyn Any + Send)) -> Response {
    Envelope(internal(panic_message(panic))).into_response()
}
