//! Orders in the ledger.

use app::wire::{
    AccountId, CloseReason, Order, OrderId, OrderMoment, Refund, Rejection, ReservationId,
    ReservationState, Shipment,
};
use async_trait::async_trait;

use super::{OverdueOrder, PortError, QueuedReservation};

/// The result for a queued reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It has an order, new or from an earlier try.
    Ordered(OrderId),
    /// It has no order, and the unit goes back.
    Failed(Rejection),
}

impl WriteOutcome {
    /// The state, order and reason that the buyer sees.
    pub fn told(self) -> (ReservationState, Option<OrderId>, Option<Rejection>) {
        match self {
            WriteOutcome::Ordered(order_id) => (ReservationState::Ordered, Some(order_id), None),
            WriteOutcome::Failed(reason) => (ReservationState::Failed, None, Some(reason)),
        }
    }
}

/// The result of an attempt to close an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseOutcome {
    /// Closed now; the unit is sellable in the ledger, and the gate must release it.
    Closed,
    /// It no longer waited for payment; nothing changed.
    NotPending,
    /// Money may still arrive for it: its open payments must be closed first. Nothing changed.
    PaymentOpen,
}

/// An order with the data that its page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// As the wire shows it.
    pub order: Order,
    pub buyer: AccountId,
    /// The reservation it was made from.
    pub reservation_id: ReservationId,
    /// When the gate held the unit.
    pub held_at_ms: i64,
    /// What happened to it after it was made, oldest first.
    pub events: Vec<OrderMoment>,
    /// Money may arrive for it.
    pub paying: bool,
    /// Money that was received for it and is being, or was, refunded.
    pub refund: Option<Refund>,
    /// How it was shipped, once it was.
    pub shipment: Option<Shipment>,
}

/// The order writer's access to the ledger. State changes are compare-and-set.
#[async_trait]
pub trait OrderWriter: Send + Sync + 'static {
    /// Whether the ledger answers. Checked before taking entries again after giving some back.
    async fn can_write(&self) -> Result<(), PortError>;

    /// Writes the orders of a batch in one transaction: adds reservations that the ledger does not
    /// have, inserts orders, takes stock once per item, ends every reservation as ordered or
    /// failed. Answers are in the batch's order; a repeat changes nothing and gives the same
    /// answers. At most 256 entries.
    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError>;

    /// Ends reservations without an order, in one transaction: each open one fails for `reason`,
    /// and the gate must take back its unit. An ended one keeps its end. Answers are in the order
    /// of the entries. At most 256.
    async fn fail(
        &self,
        batch: &[QueuedReservation],
        reason: Rejection,
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError>;
}

/// Writes holds of a gate in the same process together with their orders.
#[async_trait]
pub trait HeldOrders: Send + Sync + 'static {
    /// Writes new reservations and their orders in one transaction. True: they are on disk. False, and
    /// nothing is written, if any of them cannot have its order: the ledger has too few units, already
    /// knows a reservation, or a buyer has a live order of the item. After an error the result is
    /// unknown. At most 256 entries.
    async fn write_held(
        &self,
        held: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// Closes unpaid orders.
#[async_trait]
pub trait OrderCloser: Send + Sync + 'static {
    /// Unpaid orders whose deadline has passed at `now_ms`, oldest first, after the first `skip`.
    async fn overdue(
        &self,
        now_ms: i64,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<OverdueOrder>, PortError>;

    /// Closes the orders that still wait for payment and have no payment under way, and returns
    /// their units, in one transaction. Answers are in the order of the ids. `actor` is recorded in
    /// the orders' history.
    async fn close(
        &self,
        order_ids: &[OrderId],
        reason: CloseReason,
        actor: &'static str,
        now_ms: i64,
    ) -> Result<Vec<CloseOutcome>, PortError>;
}

/// Reads orders for buyers.
#[async_trait]
pub trait OrderReader: Send + Sync + 'static {
    /// A buyer's orders, newest first.
    async fn of_buyer(&self, buyer: AccountId, limit: u32) -> Result<Vec<Order>, PortError>;

    /// One order.
    async fn get(&self, order_id: OrderId) -> Result<Option<OrderRecord>, PortError>;
}
