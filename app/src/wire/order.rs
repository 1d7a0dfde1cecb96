//! Orders.

use serde::{Deserialize, Serialize};

use super::{ItemId, LocalText, Money, OrderId, ReservationId};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Waiting for money until its deadline.
    PendingPayment,
    /// Paid for: the unit is sold.
    Paid,
    /// Closed without payment: the unit went back on sale.
    Closed,
}

/// Why an order was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The pay window ran out.
    Unpaid,
    /// The buyer cancelled.
    Cancelled,
}

/// An order, as a row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Which order.
    pub order_id: OrderId,
    /// Of which item.
    pub item_id: ItemId,
    /// What was bought.
    pub title: LocalText,
    /// Its picture.
    pub picture_url: String,
    /// What it costs.
    pub amount: Money,
    /// Where it stands.
    pub state: OrderState,
    /// When closed: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_reason: Option<CloseReason>,
    /// Made at.
    pub created_at_ms: i64,
    /// To be paid before.
    pub pay_deadline_ms: i64,
}

impl Order {
    /// A short number to quote on the telephone: the random tail of the id.
    pub fn number(&self) -> String {
        let id = self.order_id.0.simple().to_string();
        id[id.len() - 10..].to_uppercase()
    }
}

/// One order with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetail {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// The reservation it came from.
    pub reservation_id: ReservationId,
    /// What happened, oldest first.
    pub history: Vec<OrderMoment>,
}

/// Something that happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMoment {
    /// What.
    pub event: OrderEvent,
    /// When.
    pub at_ms: i64,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEvent {
    /// The gate held a unit for the buyer.
    Reserved,
    /// The order was written.
    Ordered,
    /// It was paid.
    Paid,
    /// The pay window ran out.
    ClosedUnpaid,
    /// The buyer cancelled.
    Cancelled,
}
