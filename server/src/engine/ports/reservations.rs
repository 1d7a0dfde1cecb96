//! Reservations in the ledger, as the gate and their owners read them.

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use async_trait::async_trait;

use super::{GateStock, PortError, QueuedReservation, Window};

/// An item as the gate must see it, read from the ledger in one consistent read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSnapshot {
    /// When it can be bought.
    pub window: Window,
    /// Counters, with the units of queued reservations and of releases that are due counted as
    /// locked.
    pub stock: GateStock,
    /// Who holds a unit, by which reservation, with which number.
    pub holders: Vec<(AccountId, ReservationId, u32)>,
    /// The highest number given out so far.
    pub last_position: u32,
}

/// A reservation as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationRecord {
    /// Which.
    pub reservation_id: ReservationId,
    /// Of what.
    pub item_id: ItemId,
    /// Whose.
    pub buyer: AccountId,
    /// The buyer's number.
    pub position: u32,
    /// How far it has come.
    pub state: ReservationState,
    /// When ordered.
    pub order_id: Option<OrderId>,
    /// When failed.
    pub reason: Option<Rejection>,
}

/// A unit of an ended reservation that the gate has not been told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRelease {
    /// Of what.
    pub item_id: ItemId,
    /// Whose unit.
    pub reservation_id: ReservationId,
}

/// The ledger's reservations.
#[async_trait]
pub trait Reservations: Send + Sync + 'static {
    /// Writes held reservations to disk in one transaction: when this returns, `kill -9` loses
    /// none of them. An error means that nobody knows.
    async fn append(&self, held: &[QueuedReservation]) -> Result<(), PortError>;

    /// What the gate must know of an item of an approved round.
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError>;

    /// One reservation.
    async fn get(&self, id: ReservationId) -> Result<Option<ReservationRecord>, PortError>;

    /// The buyer's latest reservation of an item.
    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError>;

    /// Units the gate must get back, oldest first.
    async fn due_releases(&self, limit: u32) -> Result<Vec<DueRelease>, PortError>;

    /// The gate has them.
    async fn released(&self, done: &[ReservationId]) -> Result<(), PortError>;
}
