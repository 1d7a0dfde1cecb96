//! A round's results.

use serde::{Deserialize, Serialize};

use super::{ItemId, LocalText, Money, OrderState, Rejection, RoundId};

/// The ledger's current data about a round's orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundReport {
    pub round_id: RoundId,
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// When the ledger was read.
    pub read_at_ms: i64,
    /// Whether there are more orders than were read: then every figure covers only those.
    pub is_cut: bool,
    /// Its items, in the order of the page.
    pub items: Vec<ItemReport>,
    /// Orders by state; only states that occur.
    pub states: Vec<StateSum>,
    /// All orders that were made.
    pub orders: u64,
    /// Orders closed because they were not paid in time; each returned a unit.
    pub closed_unpaid: u64,
    /// Orders cancelled by their buyers; each returned a unit.
    pub cancelled: u64,
    /// The sum of all orders that were paid, whatever happened later.
    pub turnover: Money,
    /// The part of it that is or was refunded.
    pub refunds: Money,
    /// Failed reservations by reason.
    pub failures: Vec<FailureCount>,
    /// From the hold to the order.
    pub until_ordered: Option<Waits>,
    /// From the order to the payment, for paid orders.
    pub until_paid: Option<Waits>,
    /// When the first order was made.
    pub first_order_at_ms: Option<i64>,
    /// When the last order was made.
    pub last_order_at_ms: Option<i64>,
    /// The length of an interval of [`intervals`](Self::intervals).
    pub interval_s: u32,
    /// The events by interval, from the first order's on, at most 120.
    pub intervals: Vec<Interval>,
}

/// An item's results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemReport {
    pub item_id: ItemId,
    pub title: LocalText,
    /// Price in this round.
    pub sale_price: Money,
    /// Units offered.
    pub total: u32,
    /// Units that were not sold.
    pub sellable: u32,
    /// Units of orders that wait for payment.
    pub locked: u32,
    /// Units that are paid.
    pub sold: u32,
    /// When the last unit was held for the first time.
    pub sold_out_at_ms: Option<i64>,
    /// Orders that were made, including closed ones.
    pub orders: u64,
}

/// Orders in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateSum {
    pub state: OrderState,
    pub orders: u64,
    /// The sum of their amounts.
    pub amount: Money,
}

/// Failed reservations with one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureCount {
    /// The reason; `None` if this version does not know the ledger's word.
    pub reason: Option<Rejection>,
    pub reservations: u64,
}

/// Durations in milliseconds. A percentile is the time within which that share of them was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// Half of them.
    pub p50_ms: i64,
    /// Nine of ten.
    pub p90_ms: i64,
    /// 99 of a hundred.
    pub p99_ms: i64,
    /// The longest.
    pub max_ms: i64,
}

/// The events in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Begins at this instant.
    pub at_ms: i64,
    /// Orders that were made.
    pub ordered: u64,
    /// Orders that were paid.
    pub paid: u64,
    /// Orders that were closed and returned their units.
    pub closed: u64,
}
