//! The forms on the products' page, and the call with which programs send pictures.

use app::{
    port::Visitor,
    routes::{self, pattern},
    wire::{ApiError, Permission, ProductId},
};
use axum::{
    Extension, Json, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::header,
    response::{IntoResponse, Response},
    routing::post,
};

use crate::{
    engine::products::add_picture::MAX_FILE,
    http::{
        AppState,
        envelope::{self, Envelope},
        pages,
    },
};

pub fn routes(state: &AppState) -> Router {
    Router::new()
        .route(pattern::ARCHIVE_PRODUCT, post(archive))
        .route(pattern::RESTORE_PRODUCT, post(restore))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .route(routes::ADD_PICTURE, post(add_picture))
        .with_state(state.clone())
}

/// `POST /admin/products/{id}/archive`.
async fn archive(
    state: State<AppState>,
    visitor: Extension<Visitor>,
    id: Path<String>,
) -> Response {
    set_archived(state, visitor, id, true).await
}

/// `POST /admin/products/{id}/restore`.
async fn restore(
    state: State<AppState>,
    visitor: Extension<Visitor>,
    id: Path<String>,
) -> Response {
    set_archived(state, visitor, id, false).await
}

async fn set_archived(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    archived: bool,
) -> Response {
    let Ok(product_id) = id.parse::<ProductId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let done = state.office.set_archived(&visitor, product_id, archived);
    pages::back(routes::ADMIN_PRODUCTS, done.await)
}

/// `POST /api/admin/pictures`: the body is the file. Its declared type is ignored: decoding tells.
async fn add_picture(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    // The body is this large only for permitted callers.
    let Some(me) = &visitor.me else {
        return Envelope(ApiError::Unauthenticated).into_response();
    };
    if !Permission::ChangeProducts.is_given_to(me.role) {
        return Envelope(ApiError::Forbidden).into_response();
    }
    let Ok(file) = to_bytes(request.into_body(), MAX_FILE).await else {
        let field = "picture_large".to_owned();
        return Envelope(ApiError::Invalid { field }).into_response();
    };
    match state.office.add_picture(&visitor, file.into()).await {
        Ok(added) => ([(header::CACHE_CONTROL, "no-store")], Json(added)).into_response(),
        Err(error) => Envelope(error).into_response(),
    }
}
