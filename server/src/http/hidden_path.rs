//! `POST /seckill/{path}`: the only address that buys.

use app::{
    api::{HiddenPathSegment, Purchase},
    wire::ApiError,
};
use axum::{
    extract::{Path, Request, State},
    http::Uri,
    response::{IntoResponse, Response},
};
use server_fn::ServerFn;

use super::{Doors, api, envelope::Envelope};

/// Paths are 32 hexadecimal digits; anything else need not be looked up.
const LENGTH: usize = 32;

/// Hands the path to the purchase, whose own static address is not mounted anywhere.
pub async fn purchase(
    State(doors): State<Doors>,
    Path(path): Path<String>,
    mut request: Request,
) -> Response {
    if path.len() != LENGTH || !path.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Envelope(ApiError::PathInvalid).into_response();
    }
    *request.uri_mut() = Uri::from_static(Purchase::PATH);
    request.extensions_mut().insert(HiddenPathSegment(path));
    // A task of its own: a buyer who closes the tab does not leave the purchase half done.
    let purchase = tokio::spawn(api::run(doors, request));
    match purchase.await {
        Ok(response) => response,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}
