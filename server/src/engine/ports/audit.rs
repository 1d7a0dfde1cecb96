//! What an auditor reads from the ledger, and from a gate outside it.

use app::wire::ItemId;
use async_trait::async_trait;

use super::{GateStock, PortError};

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
    /// Orders whose deadline passed before [`overdue_before_ms`](AuditBounds::overdue_before_ms), still
    /// waiting.
    pub orders_overdue: i64,
    /// Live orders beyond the first of a buyer.
    pub orders_repeated: i64,
    /// Orders without a reservation that points back, without a path, or at another price.
    pub orders_unfounded: i64,
    /// Orders whose reservation was held outside the window.
    pub orders_outside_window: i64,
    /// Reservations still waiting for their order.
    pub reservations_queued: i64,
    /// Of those, held before [`queued_before_ms`](AuditBounds::queued_before_ms).
    pub reservations_late: i64,
    /// Reservations beyond the first of a buyer that hold a unit.
    pub reservations_repeated: i64,
    /// Reservations that ended without what their end calls for: an order or a reason.
    pub reservations_unended: i64,
    /// Units that came back before [`due_before_ms`](AuditBounds::due_before_ms), and the gate has not
    /// been told.
    pub releases_late: i64,
    /// Likewise units that were paid.
    pub confirms_late: i64,
}

/// What was to happen before these instants has not happened in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditBounds {
    /// A hold was to become an order.
    pub queued_before_ms: i64,
    /// An unpaid order was to be closed.
    pub overdue_before_ms: i64,
    /// The gate was to be told.
    pub due_before_ms: i64,
}

/// Reads the facts.
#[async_trait]
pub trait LedgerFacts: Send + Sync + 'static {
    /// Every item, in one consistent read.
    async fn facts(&self, bounds: AuditBounds) -> Result<Vec<ItemFacts>, PortError>;
}

/// An item in a gate outside the ledger, holder by holder, and what the ledger says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateFacts {
    /// The gate's counters.
    pub gate: GateStock,
    /// The ledger's.
    pub ledger: GateStock,
    /// Holders that the ledger does not know: on their way to it, or lost.
    pub unknown: u32,
    /// Of those, since before the instant that was asked for.
    pub unknown_late: u32,
    /// Buyers who hold a unit in only one of the two, or a paid one in only one.
    pub wrong: u32,
    /// All of this is of one moment, and complete. Otherwise something changed meanwhile, or there is
    /// more than can be compared.
    pub is_exact: bool,
}

/// A gate outside the ledger, as an auditor reads it. Nothing is changed.
#[async_trait]
pub trait AuditedGate: Send + Sync + 'static {
    /// Compares an item with the ledger, a page of holders at a time. `None`: it is not loaded, or
    /// closed.
    async fn facts(
        &self,
        item_id: ItemId,
        late_before_ms: i64,
    ) -> Result<Option<GateFacts>, PortError>;
}
