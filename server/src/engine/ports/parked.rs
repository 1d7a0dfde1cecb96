//! Entries of the order queue that could not be written as orders: kept apart until somebody looks.

use app::wire::ReservationId;
use async_trait::async_trait;

use super::{PortError, QueuedReservation};

/// What is parked, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParkedEntries {
    /// Those that can be read, oldest first as far as the queue keeps an order.
    pub entries: Vec<QueuedReservation>,
    /// How the others begin, at most [`UNREADABLE_BYTES`] of each.
    pub unreadable: Vec<Vec<u8>>,
}

/// Enough of a message to see where it came from.
pub const UNREADABLE_BYTES: usize = 200;

/// A parked entry. Where the queue is a broker's nobody else sees it before this is dropped.
#[async_trait]
pub trait ParkedEntry: Send + Sync {
    /// Its reservation.
    fn reservation(&self) -> &QueuedReservation;

    /// Forgets it, because its reservation has ended.
    async fn remove(self: Box<Self>) -> Result<(), PortError>;
}

/// What is done with parked entries. A broker's are read one after the other, so that these calls take
/// seconds for many thousands, and do not see what somebody else reads at the same moment.
#[async_trait]
pub trait ParkedReservations: Send + Sync + 'static {
    /// At most `limit` entries, those that cannot be read included.
    async fn parked(&self, limit: u32) -> Result<ParkedEntries, PortError>;

    /// One entry.
    async fn find_parked(
        &self,
        reservation_id: ReservationId,
    ) -> Result<Option<Box<dyn ParkedEntry>>, PortError>;

    /// Puts back into the queue what is parked, or one entry only, for another
    /// [`TRIES`](super::TRIES) tries, as [`replayed`](QueuedReservation::replayed). Returns how many.
    async fn replay_parked(&self, only: Option<ReservationId>) -> Result<u32, PortError>;

    /// Forgets the entries that cannot be read. Returns how many.
    async fn remove_unreadable(&self) -> Result<u32, PortError>;
}
