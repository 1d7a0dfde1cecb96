//! Between decision and order: the queue, and the outbox in which a gate that is not the queue itself
//! leaves its holds, in the same atomic step as the hold.

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
    /// The hidden path it came by.
    pub path: String,
    /// The buyer's number.
    pub position: u32,
    /// Held at, epoch milliseconds.
    pub held_at_ms: i64,
    /// It was parked and is tried again: then it becomes an order however old it is.
    #[serde(default)] // Not written by earlier versions.
    pub replayed: bool,
}

/// How much a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Entries that wait to be taken, those that were set aside included.
    pub waiting: u64,
    /// Entries that nobody takes any more.
    pub parked: u64,
    /// Those among them that cannot be read, and so become no order by a replay; as this process found when
    /// it tried last.
    pub unreadable: u64,
}

/// What is between a queue and the ledger, as far as the queue can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Entries that wait, those that were set aside included.
    pub waiting: u64,
    /// Instances that may have entries which are not counted as waiting: each says what it has by
    /// [`in_flight`](OrderQueue::in_flight). One that is gone counts until its entries wait again. `None`
    /// where taken entries count as waiting.
    pub consumers: Option<u64>,
}

/// What an instance has in flight: entries that it took and has not ended, and those that it is
/// putting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InFlight {
    /// It is one of the queue's consumers.
    pub consumes: bool,
    /// Of each item, since when the oldest entry is held, epoch milliseconds.
    pub oldest_ms: BTreeMap<ItemId, i64>,
}

impl InFlight {
    /// An entry more.
    pub fn add(&mut self, item_id: ItemId, held_at_ms: i64) {
        let oldest_ms = self.oldest_ms.entry(item_id).or_insert(held_at_ms);
        *oldest_ms = held_at_ms.min(*oldest_ms);
    }
}

/// How often an entry is tried before it is parked.
pub const TRIES: u32 = 5;

/// Durable, at least once, oldest first as far as nothing fails.
#[async_trait]
pub trait OrderQueue: Send + Sync + 'static {
    /// Whether [`put`](Self::put) would reach the queue now. Cheap while it does: whoever is about
    /// to take entries from elsewhere asks first.
    async fn can_put(&self) -> Result<(), PortError>;

    /// Adds entries. When this returns they are on disk: `kill -9` loses none of them. An error
    /// means that nobody knows which are.
    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError>;

    /// Up to `limit` entries; without an [`ack`](Self::ack) the same ones come again. Waits a few
    /// milliseconds at most for the first.
    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError>;

    /// Everything that was taken, and not acknowledged or set aside, goes back: another instance
    /// takes it at once. This one takes nothing for a moment, longer every time until something is
    /// acknowledged again. Where instances share nothing, nothing happens.
    async fn give_back(&self) -> Result<(), PortError>;

    /// These are done and never come again.
    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError>;

    /// This one alone cannot be written: it comes again later, behind others, and after [`TRIES`]
    /// tries it is parked: kept, and not taken any more, so that it cannot hold up the rest. Returns
    /// whether it is parked now.
    async fn set_aside(&self, entry: &QueuedReservation) -> Result<bool, PortError>;

    /// How much waits; taken entries do not count.
    async fn depth(&self) -> Result<Depth, PortError>;

    /// Whether anything is between the queue and the ledger.
    async fn under_way(&self) -> Result<UnderWay, PortError>;

    /// What this instance has; whatever the queue had handed out before this was called is counted.
    async fn in_flight(&self) -> Result<InFlight, PortError>;
}

/// Where a gate in the same process writes what it holds, before anybody hears of it.
#[async_trait]
pub trait HoldLog: Send + Sync + 'static {
    /// When this returns, the holds are on disk: `kill -9` loses none of them. An error means that
    /// nobody knows which are. At most 256.
    async fn write(&self, held: &[QueuedReservation]) -> Result<(), PortError>;
}

/// A hold on its way from the gate to the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// What goes to the queue.
    pub reservation: QueuedReservation,
    /// Names the entry to the outbox.
    pub receipt: String,
}

/// What a relay was handed out.
#[derive(Debug)]
pub struct TakenEntries {
    /// To be forwarded or given back.
    pub entries: Vec<OutboxEntry>,
    /// Why some outboxes were not read, if so: the first error. There may be more in them.
    pub unread: Option<PortError>,
}

/// At least once: what a relay took and did not forward another takes, after a while, or at once when
/// it was given back. Each relay has an outbox of its own over the same entries.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Up to `limit` entries that no living relay is working on, of whatever items, oldest first
    /// within an item. Does not wait. A relay that has some open, neither forwarded nor given back,
    /// gets those again and no others. An item whose outbox cannot be read stops no other.
    async fn take(&self, limit: u32) -> TakenEntries;

    /// The queue has these: they leave the outbox. After an error some may have stayed.
    async fn forward(&self, done: &[OutboxEntry]) -> Result<(), PortError>;

    /// This relay cannot forward these: whichever relay asks next gets them.
    async fn give_back(&self, entries: &[OutboxEntry]) -> Result<(), PortError>;

    /// Entries that the queue does not have yet, taken ones included, of all items.
    async fn depth(&self) -> Result<u64, PortError>;
}
