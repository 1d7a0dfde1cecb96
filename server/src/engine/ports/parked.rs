//! Entries of the order queue that could not be written as orders: kept apart for an operator.

use app::wire::ReservationId;
use async_trait::async_trait;

use super::{PortError, QueuedReservation};

/// Parked entries, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParkedEntries {
    /// The readable ones, oldest first as far as the queue keeps an order.
    pub entries: Vec<QueuedReservation>,
    /// The first bytes of the unreadable ones, at most [`UNREADABLE_BYTES`] each.
    pub unreadable: Vec<Vec<u8>>,
}

/// Enough of a message to see its origin.
pub const UNREADABLE_BYTES: usize = 200;

/// A parked entry. If the queue is a broker's, other readers cannot see it until this is dropped.
#[async_trait]
pub trait ParkedEntry: Send + Sync {
    /// Its reservation.
    fn reservation(&self) -> &QueuedReservation;

    /// Removes it, because its reservation has ended.
    async fn remove(self: Box<Self>) -> Result<(), PortError>;
}

/// Work on parked entries. A broker's entries are read one by one, so that these calls take seconds
/// for many thousands, and miss entries that another reader has open.
#[async_trait]
pub trait ParkedReservations: Send + Sync + 'static {
    /// At most `limit` entries, including unreadable ones.
    async fn parked(&self, limit: u32) -> Result<ParkedEntries, PortError>;

    /// One entry.
    async fn find_parked(
        &self,
        reservation_id: ReservationId,
    ) -> Result<Option<Box<dyn ParkedEntry>>, PortError>;

    /// Puts all parked entries, or only one, back into the queue for another [`TRIES`](super::TRIES)
    /// tries, as [`replayed`](QueuedReservation::replayed). Returns how many.
    async fn replay_parked(&self, only: Option<ReservationId>) -> Result<u32, PortError>;

    /// Removes the unreadable entries. Returns how many.
    async fn remove_unreadable(&self) -> Result<u32, PortError>;
}
