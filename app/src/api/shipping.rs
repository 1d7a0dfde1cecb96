//! Where the caller's orders are sent, and that they came.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use super::context::{shop, visitor};
#[cfg(feature = "ssr")]
use crate::wire::TypedAddress;
use crate::wire::{ApiError, Json, OrderId, ShippingAddress};

/// `GET /api/order/address?order_id=`: where an order is sent, or `null`; owner only. It is no part of the
/// order, so that nothing that follows an order carries it along.
#[server(name = GetShippingAddress, endpoint = "/order/address", prefix = "/api", input = GetUrl, output = Json)]
pub async fn shipping_address(order_id: OrderId) -> Result<Option<ShippingAddress>, ApiError> {
    shop()?.shipping_address(&visitor()?, order_id).await
}

/// `POST /api/order/address`: where an order is to be sent; owner only, until it is shipped.
#[server(endpoint = "/order/address", prefix = "/api", input = Json, output = Json)]
pub async fn save_shipping_address(
    order_id: OrderId,
    name: String,
    mobile: String,
    address: String,
) -> Result<(), ApiError> {
    let typed = TypedAddress {
        name,
        mobile,
        address,
    };
    let visitor = visitor()?;
    shop()?
        .save_shipping_address(&visitor, order_id, typed)
        .await
}

/// `POST /api/order/received`: the order came; owner only.
#[server(endpoint = "/order/received", prefix = "/api", input = Json, output = Json)]
pub async fn confirm_receipt(order_id: OrderId) -> Result<(), ApiError> {
    shop()?.confirm_receipt(&visitor()?, order_id).await
}
