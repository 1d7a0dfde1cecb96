//! The queue between decision and order, and the outbox. A gate that is not the queue itself writes
//! holds to the outbox, in the same atomic step as the hold.

use std::collections::BTreeMap;

use app::wire::ItemId;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{PortError, Unit};

/// A reservation that waits for its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedReservation {
    /// The unit it holds.
    #[serde(flatten)]
    pub unit: Unit,
    /// The hidden path that was used.
    pub path: String,
    pub position: u32,
    /// Held at, epoch milliseconds.
    pub held_at_ms: i64,
    /// It was parked and is tried again: it becomes an order regardless of its age.
    #[serde(default)] // Not written by earlier versions.
    pub replayed: bool,
}

/// The sizes of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Entries that wait to be taken, including those to be retried later.
    pub waiting: u64,
    /// Parked entries.
    pub parked: u64,
    /// The parked entries that cannot be read, and so cannot become orders by a replay; as found by this
    /// process's last replay.
    pub unreadable: u64,
}

/// Entries between a queue and the ledger, as far as the queue can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Entries that wait, including those to be retried later.
    pub waiting: u64,
    /// Instances that may have entries which are not counted as waiting; each reports its own by
    /// [`in_flight`](OrderQueue::in_flight). A stopped one counts until its entries wait again. `None` if
    /// taken entries count as waiting.
    pub consumers: Option<u64>,
}

/// An instance's entries in flight: taken and not ended, or being put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InFlight {
    /// It is one of the queue's consumers.
    pub consumes: bool,
    /// For each item, when its oldest entry was held, epoch milliseconds.
    pub oldest_ms: BTreeMap<ItemId, i64>,
}

impl InFlight {
    /// Counts one more entry.
    pub fn add(&mut self, item_id: ItemId, held_at_ms: i64) {
        let oldest_ms = self.oldest_ms.entry(item_id).or_insert(held_at_ms);
        *oldest_ms = held_at_ms.min(*oldest_ms);
    }
}

/// How often an entry is tried before it is parked.
pub const TRIES: u32 = 5;

/// An order queue. Durable, at least once, oldest first as long as nothing fails.
#[async_trait]
pub trait OrderQueue: Send + Sync + 'static {
    /// Whether [`put`](Self::put) would reach the queue now. Cheap if it would. Call it before
    /// taking entries from elsewhere.
    async fn can_put(&self) -> Result<(), PortError>;

    /// Adds entries. When this returns they are on disk: `kill -9` loses none of them. After an
    /// error it is unknown which ones are.
    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError>;

    /// Up to `limit` entries; without an [`ack`](Self::ack) the same ones come again. Waits at most
    /// a few milliseconds for the first.
    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError>;

    /// Returns all entries that were taken and neither acknowledged nor put off: another instance
    /// takes them at once. This instance takes nothing for a moment, each time longer until
    /// something is acknowledged again. Does nothing if instances share no queue.
    async fn give_back(&self) -> Result<(), PortError>;

    /// Removes entries that are done.
    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError>;

    /// Puts off one entry that cannot be written. It comes again later, behind others. After
    /// [`TRIES`] tries it is parked: kept, but no longer taken, so that it does not block the rest.
    /// Returns whether it is parked now.
    async fn retry_later(&self, entry: &QueuedReservation) -> Result<bool, PortError>;

    /// The number of entries; taken ones do not count.
    async fn depth(&self) -> Result<Depth, PortError>;

    /// The entries between the queue and the ledger.
    async fn under_way(&self) -> Result<UnderWay, PortError>;

    /// This instance's entries in flight, including all that were taken before this call.
    async fn in_flight(&self) -> Result<InFlight, PortError>;
}

/// Where a gate in the same process writes its holds, before it answers the buyers.
#[async_trait]
pub trait HoldLog: Send + Sync + 'static {
    /// When this returns, the holds are on disk: `kill -9` loses none of them. After an error it is
    /// unknown which ones are. At most 256.
    async fn write(&self, held: &[QueuedReservation]) -> Result<(), PortError>;
}

/// A hold on its way from the gate to the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The entry for the queue.
    pub reservation: QueuedReservation,
    /// Identifies the entry to the outbox.
    pub receipt: String,
}

/// The entries that a relay took.
#[derive(Debug)]
pub struct TakenEntries {
    /// To be forwarded or given back.
    pub entries: Vec<OutboxEntry>,
    /// The first error, if some outboxes could not be read. They may have more entries.
    pub unread: Option<PortError>,
}

/// At least once: entries that a relay took and did not forward are taken by another one, after a
/// while, or at once if they were given back. Each relay has its own `Outbox` over the same entries.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Up to `limit` entries of any items, oldest first within an item, that no running relay has.
    /// Does not wait. A relay that has entries neither forwarded nor given back gets only those
    /// again. An item whose outbox cannot be read does not stop the others.
    async fn take(&self, limit: u32) -> TakenEntries;

    /// Removes entries that the queue has. After an error some may have stayed.
    async fn forward(&self, done: &[OutboxEntry]) -> Result<(), PortError>;

    /// Returns entries that this relay cannot forward: the next relay gets them.
    async fn give_back(&self, entries: &[OutboxEntry]) -> Result<(), PortError>;

    /// Entries of all items that the queue does not have yet, including taken ones.
    async fn depth(&self) -> Result<u64, PortError>;
}
