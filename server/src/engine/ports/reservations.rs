//! Reservations in the ledger: as the gate is loaded from them and compared with them, as their owners
//! read them, and those whose unit is due back.

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{GateStock, PortError, Release, Unit, Window};

/// An item as the gate must see it, without who holds its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemSummary {
    /// When it can be bought.
    pub window: Window,
    /// Counters, with the units of queued reservations, and of those that are due to return, counted
    /// as locked.
    pub stock: GateStock,
    /// How many hold a unit.
    pub holding: u32,
    /// The highest number given out so far.
    pub last_position: u32,
    /// The highest of a reservation that did not fail. One that was lost may have failed long after
    /// the gate began to give its number again.
    pub last_good_position: u32,
    /// How many pieces a gate outside this process splits the stock into, 1 to 64.
    pub segments: u8,
    /// Names the current load of a gate outside this process; `None` before the first.
    pub epoch: Option<Uuid>,
}

/// An item as the gate must see it, all of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSnapshot {
    /// What is the same however many hold a unit.
    pub summary: ItemSummary,
    /// Who holds a unit, by buyer: some fifty bytes each.
    pub holders: Vec<Holder>,
}

/// Somebody who holds a unit, as the ledger knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub buyer: AccountId,
    /// By which reservation.
    pub reservation_id: ReservationId,
    /// With which number.
    pub position: u32,
    /// Its order is paid: the unit counts as sold, not as locked.
    pub paid: bool,
}

/// The current load of a gate outside this process, without what it was loaded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadEpoch {
    /// As in [`ItemSummary`].
    pub epoch: Option<Uuid>,
    /// As in [`ItemSummary`].
    pub segments: u8,
}

/// What has become of a reservation, as far as the gate must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerStatus {
    /// Which.
    pub reservation_id: ReservationId,
    /// It holds a unit.
    pub holds: bool,
    /// Its order is paid.
    pub paid: bool,
}

/// A reservation as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationRecord {
    /// Which, of what, and whose.
    #[serde(flatten)]
    pub unit: Unit,
    /// The buyer's number.
    pub position: u32,
    /// How far it has come.
    pub state: ReservationState,
    /// When ordered.
    pub order_id: Option<OrderId>,
    /// When failed.
    pub reason: Option<Rejection>,
    /// The gate held the unit at this instant, or about then as long as the ledger does not know it.
    pub held_at_ms: i64,
}

impl ReservationRecord {
    /// Of a unit that the gate held at this instant and whose order is not written yet.
    pub fn queued(unit: Unit, position: u32, held_at_ms: i64) -> Self {
        Self {
            unit,
            position,
            state: ReservationState::Queued,
            order_id: None,
            reason: None,
            held_at_ms,
        }
    }
}

/// What a gate is loaded from and compared with.
#[async_trait]
pub trait GateLedger: Send + Sync + 'static {
    /// What the gate must know of an item of an approved round, in one consistent read. An embedded
    /// ledger answers only when every write that was begun before has ended, confirmed or not.
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError>;

    /// The part of [`snapshot`](Self::snapshot) that does not grow with the sale.
    async fn summary(&self, item_id: ItemId) -> Result<Option<ItemSummary>, PortError>;

    /// The next `limit` of those who hold a unit of an item, by buyer, `after` that one.
    async fn holders(
        &self,
        item_id: ItemId,
        after: Option<Holder>,
        limit: u32,
    ) -> Result<Vec<Holder>, PortError>;

    /// Those of at most 1,000 reservations that the ledger has heard of, in any order.
    async fn status(&self, ids: &[ReservationId]) -> Result<Vec<LedgerStatus>, PortError>;

    /// The part of [`summary`](Self::summary) that is cheap to ask for again and again.
    async fn load_epoch(&self, item_id: ItemId) -> Result<Option<LoadEpoch>, PortError>;

    /// Declares a new load of a gate outside this process the current one, unless somebody else did
    /// since `instead_of` was read. Returns whether it is.
    async fn begin_epoch(
        &self,
        item_id: ItemId,
        epoch: Uuid,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError>;
}

/// The answer of somebody who may not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// This.
    Found(T),
    /// There is none.
    Nothing,
    /// That cannot be said now.
    Unknown,
}

/// What the owners of reservations ask.
#[async_trait]
pub trait ReservationReader: Send + Sync + 'static {
    /// One reservation, of `buyer` as far as whoever asks knows: another's may be answered too. One that was
    /// lost on its way has failed, as [`Rejection::Busy`].
    async fn get(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError>;

    /// One of this buyer's that [`get`](Self::get) does not know. Takes longer. `Nothing` of one that was
    /// lost: no unit is held for it, and no order will be written. `Unknown` also of one that never was.
    async fn trace(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Lookup<ReservationRecord>, PortError>;

    /// The buyer's latest reservation of an item, but for one that failed because of an earlier one.
    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError>;

    /// A buyer's reservations without an order: all that are queued, and those that failed and were
    /// held at `failed_since_ms` or later. The queued ones first, each newest first, at most `limit`.
    async fn without_order(
        &self,
        buyer: AccountId,
        failed_since_ms: i64,
        limit: u32,
    ) -> Result<Vec<ReservationRecord>, PortError>;
}

/// A reservation that ended while the gate still holds its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRelease {
    /// What it holds there.
    pub unit: Unit,
    /// What becomes of that.
    pub release: Release,
}

/// Units of ended reservations that the gate has not got back yet.
#[async_trait]
pub trait DueReleases: Send + Sync + 'static {
    /// At most `limit` of them, oldest first, after the first `skip`.
    async fn due_releases(&self, skip: u32, limit: u32) -> Result<Vec<DueRelease>, PortError>;

    /// The gate has them.
    async fn released(&self, done: &[ReservationId]) -> Result<(), PortError>;
}
