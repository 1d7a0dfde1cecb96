//! What an auditor reads from the ledger, and from a gate outside it.

use app::wire::ItemId;
use async_trait::async_trait;

use super::{GateStock, PortError};

/// Facts about one item, each counted from rows independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemFacts {
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
    /// Orders paid, including refunding and refunded ones: their units are sold.
    pub orders_paid: i64,
    pub orders_closed: i64,
    /// Paid orders without a payment of their amount in the state that matches the order's.
    pub orders_unfunded: i64,
    /// Payments that received money but neither pay an order nor are refunded.
    pub payments_unspent: i64,
    /// Orders still waiting although their deadline passed before
    /// [`overdue_before_ms`](AuditBounds::overdue_before_ms).
    pub orders_overdue: i64,
    /// Live orders beyond the first of a buyer.
    pub orders_repeated: i64,
    /// Orders without a reservation that refers to them, without a path, or with a different price.
    pub orders_unfounded: i64,
    /// Orders whose reservation was held outside the window.
    pub orders_outside_window: i64,
    /// Reservations still waiting for their order.
    pub reservations_queued: i64,
    /// Those of them that were held before [`queued_before_ms`](AuditBounds::queued_before_ms).
    pub reservations_late: i64,
    /// Reservations beyond the first of a buyer that hold a unit.
    pub reservations_repeated: i64,
    /// Ended reservations that lack their result: an order or a reason.
    pub reservations_unended: i64,
    /// Units that came back before [`due_before_ms`](AuditBounds::due_before_ms) and that the gate was
    /// not told of.
    pub releases_late: i64,
    /// The same for paid units.
    pub confirms_late: i64,
}

/// Deadlines: work that was due before these instants and is not done is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditBounds {
    /// For turning a hold into an order.
    pub queued_before_ms: i64,
    /// For closing an unpaid order.
    pub overdue_before_ms: i64,
    /// For telling the gate.
    pub due_before_ms: i64,
}

/// Reads the facts.
#[async_trait]
pub trait LedgerFacts: Send + Sync + 'static {
    /// Every item, in one consistent read.
    async fn facts(&self, bounds: AuditBounds) -> Result<Vec<ItemFacts>, PortError>;
}

/// An item in a gate outside the ledger, compared with the ledger holder by holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateFacts {
    pub gate: GateStock,
    pub ledger: GateStock,
    /// Holders that the ledger does not know: on their way to it, or lost.
    pub unknown: u32,
    /// Those of them that have been held since before the requested instant.
    pub unknown_late: u32,
    /// Buyers who hold a unit, or a paid unit, in only one of the two.
    pub wrong: u32,
    /// All facts are complete and from one moment. Otherwise something changed during the read, or
    /// there were too many holders to compare.
    pub is_exact: bool,
}

/// A gate outside the ledger, for the auditor. Read only.
#[async_trait]
pub trait AuditedGate: Send + Sync + 'static {
    /// Compares an item with the ledger, one page of holders at a time. Returns `None` if it is not
    /// loaded, or closed.
    async fn facts(
        &self,
        item_id: ItemId,
        late_before_ms: i64,
    ) -> Result<Option<GateFacts>, PortError>;
}
