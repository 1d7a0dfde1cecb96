//! Reservations in the ledger: for loading and comparing the gate, for their owners, and for returning
//! units.

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{GateStock, PortError, Release, Unit, Window};

/// An item's data for the gate, without its holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemSummary {
    /// When it can be bought.
    pub window: Window,
    /// Counters. Units of queued reservations, and those due to return, count as locked.
    pub stock: GateStock,
    /// The number of buyers who hold a unit.
    pub holding: u32,
    /// Ended reservations whose release the gate has not confirmed yet: [`DueReleases`].
    pub due: u32,
    /// The highest position assigned so far.
    pub last_position: u32,
    /// The highest position of a reservation that did not fail. A lost reservation may be marked as
    /// failed long after the gate assigned its position again.
    pub last_good_position: u32,
    /// How many segments a gate outside this process splits the stock into, 1 to 64.
    pub segments: u8,
    /// The current load epoch of a gate outside this process; `None` before the first load.
    pub epoch: Option<Uuid>,
}

/// An item's data for the gate, all from one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSnapshot {
    /// The part that does not grow with the number of holders.
    pub summary: ItemSummary,
    /// The holders, by buyer: some fifty bytes each.
    pub holders: Vec<Holder>,
}

/// A buyer who holds a unit, as in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub buyer: AccountId,
    pub reservation_id: ReservationId,
    pub position: u32,
    /// The reservation's order is paid: the unit counts as sold, not as locked.
    pub paid: bool,
}

/// The current load of a gate outside this process, without the loaded data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadEpoch {
    /// As in [`ItemSummary`].
    pub epoch: Option<Uuid>,
    /// As in [`ItemSummary`].
    pub segments: u8,
}

/// A reservation's state, as far as the gate needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerStatus {
    pub reservation_id: ReservationId,
    /// It holds a unit.
    pub holds: bool,
    /// Its order is paid.
    pub paid: bool,
}

/// A reservation, with the data its owner may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationRecord {
    #[serde(flatten)]
    pub unit: Unit,
    pub position: u32,
    pub state: ReservationState,
    /// The order, once it has one.
    pub order_id: Option<OrderId>,
    /// The reason, if it failed.
    pub reason: Option<Rejection>,
    /// When the gate held the unit; approximate until the ledger knows the reservation.
    pub held_at_ms: i64,
}

impl ReservationRecord {
    /// A reservation held at this instant whose order is not written yet.
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

/// The ledger's data for loading and checking a gate.
#[async_trait]
pub trait GateLedger: Send + Sync + 'static {
    /// The data of an item of an approved round, in one consistent read. An embedded ledger answers
    /// after all earlier writes have ended, successful or not.
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError>;

    /// The part of [`snapshot`](Self::snapshot) that does not grow with the sale.
    async fn summary(&self, item_id: ItemId) -> Result<Option<ItemSummary>, PortError>;

    /// The next `limit` holders of an item's units, by buyer, after `after`.
    async fn holders(
        &self,
        item_id: ItemId,
        after: Option<Holder>,
        limit: u32,
    ) -> Result<Vec<Holder>, PortError>;

    /// The state of those of at most 1,000 reservations that the ledger knows, in any order.
    async fn status(&self, ids: &[ReservationId]) -> Result<Vec<LedgerStatus>, PortError>;

    /// The part of [`summary`](Self::summary) that is cheap enough to poll.
    async fn load_epoch(&self, item_id: ItemId) -> Result<Option<LoadEpoch>, PortError>;

    /// Makes a new load of a gate outside this process the current one, unless another was begun
    /// since `instead_of` was read. Returns whether it did.
    async fn begin_epoch(
        &self,
        item_id: ItemId,
        epoch: Uuid,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError>;
}

/// An answer that may be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// The value.
    Found(T),
    /// There is none.
    Nothing,
    /// It cannot be determined now.
    Unknown,
}

/// Reads reservations for their owners.
#[async_trait]
pub trait ReservationReader: Send + Sync + 'static {
    /// One reservation of `buyer`, who is not always checked: another buyer's may be returned too. A
    /// reservation lost on its way is failed, as [`Rejection::Busy`].
    async fn get(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError>;

    /// Searches for a reservation of this buyer that [`get`](Self::get) does not find. Slower. `Nothing`:
    /// it was lost, holds no unit and gets no order. Also `Unknown` if the id never existed.
    async fn trace(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Lookup<ReservationRecord>, PortError>;

    /// The buyer's latest reservation of an item, except one that failed because of an earlier one.
    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError>;

    /// A buyer's reservations without an order: all queued ones, then failed ones that were held at
    /// `failed_since_ms` or later. Each newest first, at most `limit`.
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
    /// The unit in the gate.
    pub unit: Unit,
    /// What to do with it.
    pub release: Release,
}

/// Units of ended reservations that the gate has not released yet.
#[async_trait]
pub trait DueReleases: Send + Sync + 'static {
    /// At most `limit` of them, oldest first, after the first `skip`.
    async fn due_releases(&self, skip: u32, limit: u32) -> Result<Vec<DueRelease>, PortError>;

    /// Records that the gate released them.
    async fn released(&self, done: &[ReservationId]) -> Result<(), PortError>;
}
