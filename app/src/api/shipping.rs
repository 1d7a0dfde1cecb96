//! Shipping addresses of the caller's orders, and confirming receipt.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use super::context::{shop, visitor};
#[cfg(feature = "ssr")]
use crate::wire::TypedAddress;
use crate::wire::{ApiError, Json, OrderId, ShippingAddress};

/// `GET /api/order/address?order_id=`: an order's shipping address, or `null`; owner only. It is not part of the
/// order, so that data about the order does not carry it along.
#[server(name = GetShippingAddress, endpoint = "/order/address", prefix = "/api", input = GetUrl, output = Json)]
pub async fn shipping_address(order_id: OrderId) -> Result<Option<ShippingAddress>, ApiError> {
    shop()?.shipping_address(&visitor()?, order_id).await
}

/// `POST /api/order/address`: sets an order's shipping address; owner only, until it is shipped.
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

/// `POST /api/order/received`: confirms that the order arrived; owner only.
#[server(endpoint = "/order/received", prefix = "/api", input = Json, output = Json)]
pub async fn confirm_receipt(order_id: OrderId) -> Result<(), ApiError> {
    shop()?.confirm_receipt(&visitor()?, order_id).await
}
