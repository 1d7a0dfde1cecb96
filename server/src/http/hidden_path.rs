//! `POST /seckill/{path}`: the only address that buys.

use app::{
    port::Visitor,
    wire::{ApiError, ItemId, Reserved},
};
use axum::{
    Extension, Json,
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use futures::FutureExt as _;
use serde::Deserialize;

use super::{
    AppState,
    envelope::{self, Envelope},
};

/// Paths are 32 hexadecimal digits; anything else is not looked up.
const LENGTH: usize = 32;

/// The item to buy.
#[derive(Deserialize)]
struct Purchase {
    item_id: ItemId,
}

/// Buys. A purchase that has to wait becomes a separate task: a buyer who closes the tab does not leave it
/// half done. Most refusals do not wait and need no task.
pub async fn purchase(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let Some(path) = path
        .ok()
        .map(|Path(path)| path)
        .filter(|path| is_path(path))
    else {
        return Envelope(ApiError::PathInvalid).into_response();
    };
    let Purchase { item_id } = match envelope::json(request).await {
        Ok(purchase) => purchase,
        Err(error) => return Envelope(error).into_response(),
    };
    let mut purchase = async move { state.shop.purchase(&visitor, path, item_id).await }.boxed();
    if let Some(answer) = (&mut purchase).now_or_never() {
        return answered(answer);
    }
    match tokio::spawn(purchase).await {
        Ok(answer) => answered(answer),
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

fn is_path(path: &str) -> bool {
    path.len() == LENGTH && path.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn answered(answer: Result<Reserved, ApiError>) -> Response {
    match answer {
        Ok(reserved) => envelope::no_store(Json(reserved).into_response()),
        Err(error) => Envelope(error).into_response(),
    }
}
