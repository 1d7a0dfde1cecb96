//! Orders in the ledger.

use app::wire::{
    AccountId, CloseReason, Order, OrderId, OrderMoment, Refund, Rejection, ReservationId,
    ReservationState, Shipment,
};
use async_trait::async_trait;

use super::{OverdueOrder, PortError, QueuedReservation};

/// What became of a queued reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// There is an order, new or from an earlier try.
    Ordered(OrderId),
    /// There is none, and the unit goes back.
    Failed(Rejection),
}

impl WriteOutcome {
    /// What the buyer is told: how far the reservation came, its order, or why there is none.
    pub fn told(self) -> (ReservationState, Option<OrderId>, Option<Rejection>) {
        match self {
            WriteOutcome::Ordered(order_id) => (ReservationState::Ordered, Some(order_id), None),
            WriteOutcome::Failed(reason) => (ReservationState::Failed, None, Some(reason)),
        }
    }
}

/// What became of an attempt to close an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseOutcome {
    /// Closed now; the unit is sellable in the ledger and due for release in the gate.
    Closed,
    /// It was not waiting for payment any more; nothing changed.
    NotPending,
    /// Money may still come for it: its open payments must be closed first. Nothing changed.
    PaymentOpen,
}

/// An order with what its page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// As the wire shows it.
    pub order: Order,
    /// Whose.
    pub buyer: AccountId,
    /// Where it came from.
    pub reservation_id: ReservationId,
    /// When the gate held the unit.
    pub held_at_ms: i64,
    /// What happened to it after it was made, oldest first.
    pub events: Vec<OrderMoment>,
    /// Money may come for it.
    pub paying: bool,
    /// Money that came for it and goes back, or went.
    pub refund: Option<Refund>,
    /// How it was sent, once it was.
    pub shipment: Option<Shipment>,
}

/// What the order writer does to the ledger. State changes are compare-and-set.
#[async_trait]
pub trait OrderWriter: Send + Sync + 'static {
    /// Whether the ledger answers. Whoever had to give entries back asks before taking others.
    async fn can_write(&self) -> Result<(), PortError>;

    /// Writes the orders of a batch in one transaction: makes the reservations that the ledger does
    /// not have, inserts, takes stock once per item, ends every reservation as ordered or failed.
    /// The answers are in the order of the batch; a repeat changes nothing and answers the same. At
    /// most 256 entries.
    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError>;

    /// Ends reservations without an order, in one transaction: each that has not ended yet fails
    /// for `reason`, and its unit is due back in the gate. One that has ended keeps its end. The
    /// answers are in the order of the entries. At most 256.
    async fn fail(
        &self,
        batch: &[QueuedReservation],
        reason: Rejection,
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError>;
}

/// Writes what a gate in the same process holds together with its orders.
#[async_trait]
pub trait HeldOrders: Send + Sync + 'static {
    /// Writes reservations that the ledger does not know yet, and the order of each, in one transaction.
    /// True: they are on disk. False, and nothing is written, where not every one can have its order: the
    /// ledger has too few units, knows a reservation already, or a buyer has a live order of the item.
    /// After an error nobody knows. At most 256 entries.
    async fn write_held(
        &self,
        held: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// What ends orders that are not paid.
#[async_trait]
pub trait OrderCloser: Send + Sync + 'static {
    /// Unpaid orders whose deadline has passed at `now_ms`, oldest first, after the first `skip`.
    async fn overdue(
        &self,
        now_ms: i64,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<OverdueOrder>, PortError>;

    /// Closes the orders that still wait for payment and have none under way, in one transaction;
    /// their units go back in the same one. The answers are in the order of the ids. `actor` is who
    /// did it, for the orders' history.
    async fn close(
        &self,
        order_ids: &[OrderId],
        reason: CloseReason,
        actor: &'static str,
        now_ms: i64,
    ) -> Result<Vec<CloseOutcome>, PortError>;
}

/// What buyers read of their orders.
#[async_trait]
pub trait OrderReader: Send + Sync + 'static {
    /// A buyer's orders, newest first.
    async fn of_buyer(&self, buyer: AccountId, limit: u32) -> Result<Vec<Order>, PortError>;

    /// One order.
    async fn get(&self, order_id: OrderId) -> Result<Option<OrderRecord>, PortError>;
}
