//! What has become of reservations lately, in memory: those who wait for their order ask about once a
//! second, and each question would be a read of the ledger. In one process everything that makes or ends
//! a reservation passes here; what it does not know, or calls queued for long, the ledger is asked for.

use std::{sync::Arc, time::Duration};

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use async_trait::async_trait;
use moka::sync::Cache;

use crate::engine::ports::{
    Clock, Decision, Lookup, OrderWriter, PortError, QueuedReservation, ReservationReader,
    ReservationRecord, Reserve, ReserveRequest, Unit, WriteOutcome,
};

/// Reservations that are remembered: some ten seconds' worth of the fastest sale, about 6 MB.
const MAX_RESULTS: u64 = 30_000;
/// Buyers who wait ask within seconds; later the ledger is asked.
const LIFE: Duration = Duration::from_mins(1);
/// A "queued" counts for this long; then the ledger is read. Orders are written within some
/// milliseconds; it bounds how long an end that was not noted, because its commit was not confirmed, goes
/// unseen.
const QUEUED_LIFE_MS: i64 = 2_000;

/// The latest results. A clone is the same memory.
#[derive(Clone)]
pub struct RecentResults {
    results: Cache<ReservationId, ReservationRecord>,
    clock: Arc<dyn Clock>,
}

impl RecentResults {
    /// None.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let results = Cache::builder().max_capacity(MAX_RESULTS);
        Self {
            results: results.time_to_live(LIFE).build(),
            clock,
        }
    }

    /// A unit is held. An end that is known already stays.
    fn queued(&self, unit: Unit, position: u32) {
        let known = self.results.entry(unit.reservation_id);
        known.or_insert_with(|| ReservationRecord {
            reservation_id: unit.reservation_id,
            item_id: unit.item_id,
            buyer: unit.buyer,
            position,
            state: ReservationState::Queued,
            order_id: None,
            reason: None,
            held_at_ms: self.clock.now_ms(),
        });
    }

    fn ended<'a>(
        &self,
        batch: impl Iterator<Item = &'a QueuedReservation>,
        outcomes: &[WriteOutcome],
    ) {
        for (queued, outcome) in batch.zip(outcomes) {
            let (state, order_id, reason) = outcome.told();
            let record = ReservationRecord {
                reservation_id: queued.reservation_id,
                item_id: queued.item_id,
                buyer: queued.buyer,
                position: queued.position,
                state,
                order_id,
                reason,
                held_at_ms: queued.held_at_ms,
            };
            self.results.insert(queued.reservation_id, record);
        }
    }

    fn get(&self, id: ReservationId) -> Option<ReservationRecord> {
        let found = self.results.get(&id)?;
        let is_fresh = self.clock.now_ms() - found.held_at_ms < QUEUED_LIFE_MS;
        (found.state != ReservationState::Queued || is_fresh).then_some(found)
    }
}

/// A gate that notes what it holds.
pub struct NotingGate {
    /// The gate that decides.
    pub gate: Arc<dyn Reserve>,
    /// Where those who wait look.
    pub results: RecentResults,
}

#[async_trait]
impl Reserve for NotingGate {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        let unit = request.unit();
        let decision = self.gate.reserve(request).await?;
        if let Decision::Held { position } = decision {
            self.results.queued(unit, position);
        }
        Ok(decision)
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.gate.is_sold_out(item_id)
    }
}

/// An order writer that notes how reservations ended, after the commit.
pub struct NotingOrders {
    /// The truth.
    pub ledger: Arc<dyn OrderWriter>,
    /// Where those who wait look.
    pub results: RecentResults,
}

#[async_trait]
impl OrderWriter for NotingOrders {
    async fn can_write(&self) -> Result<(), PortError> {
        self.ledger.can_write().await
    }

    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let outcomes = self.ledger.write(batch, now_ms).await?;
        let queued = batch.iter().map(|(queued, _)| queued);
        self.results.ended(queued, &outcomes);
        Ok(outcomes)
    }

    async fn fail(
        &self,
        batch: &[QueuedReservation],
        reason: Rejection,
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let outcomes = self.ledger.fail(batch, reason, now_ms).await?;
        self.results.ended(batch.iter(), &outcomes);
        Ok(outcomes)
    }
}

/// The ledger's reservations; a single one is looked for in memory first.
pub struct RecentReservations {
    /// The truth.
    pub ledger: Arc<dyn ReservationReader>,
    /// What is remembered.
    pub results: RecentResults,
}

#[async_trait]
impl ReservationReader for RecentReservations {
    async fn get(&self, id: ReservationId) -> Result<Option<ReservationRecord>, PortError> {
        match self.results.get(id) {
            Some(record) => Ok(Some(record)),
            None => self.ledger.get(id).await,
        }
    }

    async fn trace(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Lookup<ReservationRecord>, PortError> {
        self.ledger.trace(id, buyer).await
    }

    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        self.ledger.latest(item_id, buyer).await
    }

    async fn without_order(
        &self,
        buyer: AccountId,
        failed_since_ms: i64,
        limit: u32,
    ) -> Result<Vec<ReservationRecord>, PortError> {
        self.ledger
            .without_order(buyer, failed_since_ms, limit)
            .await
    }
}
