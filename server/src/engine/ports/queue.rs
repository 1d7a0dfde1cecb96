//! The queue between decision and order.

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;

use super::PortError;

/// A reservation that waits for its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedReservation {
    /// Which.
    pub reservation_id: ReservationId,
    /// Of what.
    pub item_id: ItemId,
    /// For whom.
    pub buyer: AccountId,
    /// The hidden path it came by.
    pub path: String,
    /// The buyer's number.
    pub position: u32,
    /// Held at, epoch milliseconds.
    pub held_at_ms: i64,
}

/// Durable, at least once, oldest first.
#[async_trait]
pub trait OrderQueue: Send + Sync + 'static {
    /// Up to `limit` entries; without an [`ack`](Self::ack) the same ones come again.
    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError>;

    /// These are done and never come again.
    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError>;
}
