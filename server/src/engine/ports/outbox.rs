//! Where a gate that is not the queue itself leaves its holds, in the same atomic step as the hold.

use async_trait::async_trait;

use super::{PortError, QueuedReservation};

/// A hold on its way from the gate to the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// What goes to the queue.
    pub reservation: QueuedReservation,
    /// Names the entry to the outbox.
    pub receipt: String,
}

/// At least once: what a relay took and did not forward is taken by another after a while.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Up to `limit` entries that no living relay is working on, of whatever items, oldest first
    /// within an item. Does not wait.
    async fn take(&self, limit: u32) -> Result<Vec<OutboxEntry>, PortError>;

    /// The queue has these: they leave the outbox.
    async fn forward(&self, done: &[OutboxEntry]) -> Result<(), PortError>;

    /// Entries that the queue does not have yet, taken ones included.
    async fn depth(&self) -> Result<u64, PortError>;
}
