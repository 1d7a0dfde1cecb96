//! The bare handler that `server bench` compares the shop with: axum with no layers.

use std::path::Path;

use app::wire::{ItemId, ReservationId, Reserved};
use axum::{
    Json, Router,
    body::Bytes,
    http::header,
    routing::{get, post},
    serve::ListenerExt as _,
};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::cli::Failure;

#[derive(Deserialize)]
struct Purchase {
    item_id: ItemId,
}

/// Answers `GET /` with the file's page, and `POST /` like a purchase, until it is killed.
pub async fn serve(page: &Path) -> Result<(), Failure> {
    let page = Bytes::from(std::fs::read(page)?);
    let bought = async |Json(purchase): Json<Purchase>| {
        Json(Reserved {
            reservation_id: ReservationId(purchase.item_id.0),
            position: 1,
        })
    };
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let router = Router::new().route("/", get(async move || (html, page)).merge(post(bought)));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}
