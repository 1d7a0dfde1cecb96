//! All orders, buyers and payments, for staff.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use crate::wire::{
    AccountId, ApiError, BuyerHistory, BuyerList, ItemId, Json, OrderHistory, OrderId, OrderList,
    OrderState, PaymentGroup, PaymentId, PaymentList,
};

#[cfg(feature = "ssr")]
use super::context::{back_office, visitor};
#[cfg(feature = "ssr")]
use crate::{port::Confirmation, wire::OrderQuery};

/// `GET /api/admin/orders`: orders, newest first, 50 at a time. `search` is an order's number or id, or a
/// buyer's mobile number or nickname.
#[server(name = GetAdminOrders, endpoint = "/admin/orders", prefix = "/api", input = GetUrl, output = Json)]
pub async fn admin_orders(
    search: Option<String>,
    state: Option<OrderState>,
    item_id: Option<ItemId>,
    before: Option<OrderId>,
) -> Result<OrderList, ApiError> {
    let query = OrderQuery {
        search,
        state,
        item_id,
        before,
    };
    back_office()?.orders(&visitor()?, query).await
}

/// `GET /api/admin/order`: everything that happened to an order.
#[server(name = GetAdminOrder, endpoint = "/admin/order", prefix = "/api", input = GetUrl, output = Json)]
pub async fn admin_order(order_id: OrderId) -> Result<OrderHistory, ApiError> {
    back_office()?.order(&visitor()?, order_id).await
}

/// `POST /api/admin/orders/refund`: refunds an order. `password` is the caller's own.
#[server(name = RefundOrder, endpoint = "/admin/orders/refund", prefix = "/api", input = Json, output = Json)]
pub async fn refund_order(
    order_id: OrderId,
    reason: String,
    password: String,
) -> Result<(), ApiError> {
    let confirmation = Confirmation { reason, password };
    let visitor = visitor()?;
    back_office()?
        .refund(&visitor, order_id, confirmation)
        .await
}

/// `POST /api/admin/orders/ship`: marks a paid order as shipped.
#[server(name = ShipOrder, endpoint = "/admin/orders/ship", prefix = "/api", input = Json, output = Json)]
pub async fn ship_order(
    order_id: OrderId,
    carrier: String,
    number: String,
) -> Result<(), ApiError> {
    let visitor = visitor()?;
    back_office()?
        .ship(&visitor, order_id, &carrier, &number)
        .await
}

/// `GET /api/admin/buyers`: buyers, newest first, 50 at a time. `search` is a mobile number or a nickname.
#[server(name = GetAdminBuyers, endpoint = "/admin/buyers", prefix = "/api", input = GetUrl, output = Json)]
pub async fn admin_buyers(
    search: Option<String>,
    before: Option<AccountId>,
) -> Result<BuyerList, ApiError> {
    back_office()?.buyers(&visitor()?, search, before).await
}

/// `GET /api/admin/buyer`: a buyer with their orders.
#[server(name = GetAdminBuyer, endpoint = "/admin/buyer", prefix = "/api", input = GetUrl, output = Json)]
pub async fn admin_buyer(account_id: AccountId) -> Result<BuyerHistory, ApiError> {
    back_office()?.buyer(&visitor()?, account_id).await
}

/// `POST /api/admin/buyers/ban`: keeps a buyer from buying, or lets them buy again. `password` is the
/// caller's own.
#[server(name = BanBuyer, endpoint = "/admin/buyers/ban", prefix = "/api", input = Json, output = Json)]
pub async fn ban_buyer(
    account_id: AccountId,
    banned: bool,
    reason: String,
    password: String,
) -> Result<(), ApiError> {
    let confirmation = Confirmation { reason, password };
    let visitor = visitor()?;
    let office = back_office()?;
    office
        .set_banned(&visitor, account_id, banned, confirmation)
        .await
}

/// `GET /api/admin/payments`: payments, newest first, 50 at a time, and money that matches none.
#[server(name = GetAdminPayments, endpoint = "/admin/payments", prefix = "/api", input = GetUrl, output = Json)]
pub async fn admin_payments(
    group: Option<PaymentGroup>,
    before: Option<PaymentId>,
) -> Result<PaymentList, ApiError> {
    back_office()?.payments(&visitor()?, group, before).await
}
