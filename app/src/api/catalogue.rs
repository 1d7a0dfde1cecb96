//! Public data: the clock, the rounds, an item, its remaining stock.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use crate::wire::{ApiError, ItemDetail, ItemId, Json, Round, ServerTime, Stock};

#[cfg(feature = "ssr")]
use super::context::shop;
#[cfg(feature = "ssr")]
use crate::preview::Preview;

/// `GET /api/clock`: the server's time.
#[server(name = GetClock, endpoint = "/clock", prefix = "/api", input = GetUrl, output = Json)]
pub async fn clock() -> Result<ServerTime, ApiError> {
    if let Some(preview) = Preview::of_page() {
        let now_ms = preview.now_ms();
        return Ok(ServerTime { now_ms });
    }
    Ok(ServerTime {
        now_ms: shop()?.now_ms(),
    })
}

/// `GET /api/rounds`: the catalogue, cacheable.
#[server(name = GetRounds, endpoint = "/rounds", prefix = "/api", input = GetUrl, output = Json)]
pub async fn rounds() -> Result<Vec<Round>, ApiError> {
    if let Some(preview) = Preview::of_page() {
        return Ok(vec![preview.round]);
    }
    Ok(shop()?.rounds().await?.to_vec())
}

/// `GET /api/item?item_id=`: one item, cacheable.
#[server(name = GetItem, endpoint = "/item", prefix = "/api", input = GetUrl, output = Json)]
pub async fn item(item_id: ItemId) -> Result<ItemDetail, ApiError> {
    if let Some(preview) = Preview::of_page() {
        return preview.item(item_id).ok_or(ApiError::NotFound);
    }
    Ok(ItemDetail::clone(&*shop()?.item(item_id).await?))
}

/// `GET /api/stock?item_id=`: the remaining stock, live.
#[server(name = GetStock, endpoint = "/stock", prefix = "/api", input = GetUrl, output = Json)]
pub async fn stock(item_id: ItemId) -> Result<Stock, ApiError> {
    shop()?.stock(item_id).await
}
