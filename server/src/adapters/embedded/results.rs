//! What has become of reservations lately, in memory: those who wait for their order ask about once a
//! second, and each question would be a read of the ledger. In one process everything that makes or ends
//! a reservation passes here; what it does not know, or calls queued for long, the ledger is asked for.

use std::{sync::Arc, time::Duration};

use app::wire::{AccountId, ItemId, ReservationId, ReservationState};
use async_trait::async_trait;
use moka::sync::Cache;

use crate::{
    adapters::recording::{QUEUED_LIFE_MS, ResultLog},
    engine::ports::{Clock, Lookup, PortError, ReservationReader, ReservationRecord, Unit},
};

/// Reservations that are remembered: some ten seconds' worth of the fastest sale, about 6 MB.
const MAX_RESULTS: u64 = 30_000;
/// Buyers who wait ask within seconds; later the ledger is asked.
const LIFE: Duration = Duration::from_mins(1);

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

    fn get(&self, id: ReservationId) -> Option<ReservationRecord> {
        let found = self.results.get(&id)?;
        let is_fresh = self.clock.now_ms() - found.held_at_ms < QUEUED_LIFE_MS;
        (found.state != ReservationState::Queued || is_fresh).then_some(found)
    }
}

impl ResultLog for RecentResults {
    async fn record_queued(&self, unit: Unit, position: u32) {
        let known = self.results.entry(unit.reservation_id);
        known.or_insert_with(|| ReservationRecord::queued(unit, position, self.clock.now_ms()));
    }

    async fn record_ended(&self, records: &[ReservationRecord]) {
        for record in records {
            self.results
                .insert(record.unit.reservation_id, record.clone());
        }
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
