//! What came of a round.

use serde::{Deserialize, Serialize};

use super::{ItemId, LocalText, Money, OrderState, Rejection, RoundId};

/// Everything that the ledger tells of a round's orders, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundReport {
    /// Which round.
    pub round_id: RoundId,
    /// What it is called.
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// When the ledger was read.
    pub read_at_ms: i64,
    /// There are more orders than were read: every figure is that of those that were.
    pub is_cut: bool,
    /// Its items, in the order of the page.
    pub items: Vec<ItemReport>,
    /// Orders by where they stand, those states only that occur.
    pub states: Vec<StateSum>,
    /// Orders that were made.
    pub orders: u64,
    /// Closed because nobody paid in time; each gave a unit back.
    pub closed_unpaid: u64,
    /// Cancelled by their buyers; likewise.
    pub cancelled: u64,
    /// Of the orders that were paid, whatever became of them later.
    pub turnover: Money,
    /// Of that, what goes back to buyers or went.
    pub refunds: Money,
    /// Reservations that came to nothing, by why.
    pub failures: Vec<FailureCount>,
    /// From the hold to the order.
    pub until_ordered: Option<Waits>,
    /// From the order to the payment, of those that were paid.
    pub until_paid: Option<Waits>,
    /// When the first order was made.
    pub first_order_at_ms: Option<i64>,
    /// When the last order was made.
    pub last_order_at_ms: Option<i64>,
    /// How long an interval of [`intervals`](Self::intervals) is.
    pub interval_s: u32,
    /// What happened from interval to interval, from the one with the first order on, at most 120.
    pub intervals: Vec<Interval>,
}

/// What came of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemReport {
    /// Which item.
    pub item_id: ItemId,
    /// What it is called.
    pub title: LocalText,
    /// Price in this round.
    pub sale_price: Money,
    /// Units offered.
    pub total: u32,
    /// Units that nobody has.
    pub sellable: u32,
    /// Units of orders that wait for payment.
    pub locked: u32,
    /// Units that are paid.
    pub sold: u32,
    /// When the last unit was held for the first time.
    pub sold_out_at_ms: Option<i64>,
    /// Orders that were made, also those that were closed.
    pub orders: u64,
}

/// Orders in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateSum {
    /// Which state.
    pub state: OrderState,
    /// How many.
    pub orders: u64,
    /// What they come to.
    pub amount: Money,
}

/// Reservations that came to nothing for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureCount {
    /// Why; nothing where the ledger has another word for it.
    pub reason: Option<Rejection>,
    /// How many.
    pub reservations: u64,
}

/// How long something took, in milliseconds. A percentile is the time within which so many of a hundred were
/// done.
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

/// What happened in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Begins at this instant.
    pub at_ms: i64,
    /// Orders that were made.
    pub ordered: u64,
    /// Orders that were paid.
    pub paid: u64,
    /// Orders that were closed, and gave their units back.
    pub closed: u64,
}
