//! What an auditor reads from the ledger.

use app::wire::ItemId;
use async_trait::async_trait;

use super::PortError;

/// The facts about one item, counted from rows, not taken from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemFacts {
    /// Which.
    pub item_id: ItemId,
    /// The item's own counters.
    pub total: i64,
    /// See `total`.
    pub sellable: i64,
    /// See `total`.
    pub locked: i64,
    /// See `total`.
    pub sold: i64,
    /// Orders waiting for payment.
    pub orders_pending: i64,
    /// Orders paid, those whose money goes or went back included: their units are sold.
    pub orders_paid: i64,
    /// Orders closed.
    pub orders_closed: i64,
    /// Paid orders without one payment of their amount, in the state that the order's calls for.
    pub orders_unfunded: i64,
    /// Payments whose money came and neither pays an order nor goes back.
    pub payments_unspent: i64,
    /// Orders whose deadline passed before `overdue_before_ms`, still waiting.
    pub orders_overdue: i64,
    /// Live orders beyond the first of a buyer.
    pub orders_repeated: i64,
    /// Orders without a reservation that points back, without a path, or at another price.
    pub orders_unfounded: i64,
    /// Orders whose reservation was held outside the window.
    pub orders_outside_window: i64,
    /// Reservations still waiting for their order.
    pub reservations_queued: i64,
    /// Of those, held before `queued_before_ms`.
    pub reservations_late: i64,
    /// Reservations beyond the first of a buyer that hold a unit.
    pub reservations_repeated: i64,
    /// Reservations that ended without what their end calls for: an order or a reason.
    pub reservations_unended: i64,
}

/// Reads the facts.
#[async_trait]
pub trait LedgerFacts: Send + Sync + 'static {
    /// Every item, in one consistent read.
    async fn facts(
        &self,
        queued_before_ms: i64,
        overdue_before_ms: i64,
    ) -> Result<Vec<ItemFacts>, PortError>;
}
