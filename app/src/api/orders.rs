//! The caller's orders.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use crate::wire::{ApiError, Json, Order, OrderDetail, OrderId, PaymentPage};

#[cfg(feature = "ssr")]
use super::context::{shop, visitor};

/// `GET /api/orders`: newest first, at most 100.
#[server(name = GetOrders, endpoint = "/orders", prefix = "/api", input = GetUrl, output = Json)]
pub async fn orders() -> Result<Vec<Order>, ApiError> {
    shop()?.orders(&visitor()?).await
}

/// `GET /api/order?order_id=`: owner only.
#[server(name = GetOrder, endpoint = "/order", prefix = "/api", input = GetUrl, output = Json)]
pub async fn order(order_id: OrderId) -> Result<OrderDetail, ApiError> {
    shop()?.order(&visitor()?, order_id).await
}

/// `POST /api/cancel`: cancels an unpaid order; owner only.
#[server(endpoint = "/cancel", prefix = "/api", input = Json, output = Json)]
pub async fn cancel(order_id: OrderId) -> Result<OrderDetail, ApiError> {
    shop()?.cancel(&visitor()?, order_id).await
}

/// `POST /api/pay`: the page to pay for an unpaid order; owner only. The same page until it is paid
/// or the provider has closed it.
#[server(endpoint = "/pay", prefix = "/api", input = Json, output = Json)]
pub async fn pay(order_id: OrderId) -> Result<PaymentPage, ApiError> {
    shop()?.pay(&visitor()?, order_id).await
}
