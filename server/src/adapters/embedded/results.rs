//! Recent results of reservations, in memory: waiting buyers poll about once a second, and each poll
//! would read the ledger. In one process all results pass through here. Unknown ones, and ones queued
//! for long, are read from the ledger.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use app::wire::{AccountId, ItemId, ReservationId, ReservationState};
use async_trait::async_trait;

use crate::{
    adapters::recording::{QUEUED_LIFE_MS, ResultLog},
    engine::ports::{Clock, Lookup, PortError, ReservationReader, ReservationRecord, Unit},
};

/// Most reservations in each of the two generations: some ten seconds of the fastest sale, about 6 MB in
/// all.
const MAX_RESULTS: usize = 15_000;
/// A generation takes new results for this long, and is kept for as long again: waiting buyers poll
/// within seconds; later polls read the ledger.
const GENERATION: Duration = Duration::from_secs(30);

type Results = HashMap<ReservationId, ReservationRecord>;

/// Results by age. Forgetting a whole generation costs nothing; a cache ordered by use would cost more
/// per purchase than the decision itself.
struct Generations {
    latest: Results,
    earlier: Results,
    begun: Instant,
}

impl Generations {
    fn get(&self, id: ReservationId) -> Option<&ReservationRecord> {
        self.latest.get(&id).or_else(|| self.earlier.get(&id))
    }

    fn insert(&mut self, record: ReservationRecord) {
        if self.latest.len() >= MAX_RESULTS || self.begun.elapsed() >= GENERATION {
            self.earlier = std::mem::take(&mut self.latest);
            self.begun = Instant::now();
        }
        self.latest.insert(record.unit.reservation_id, record);
    }

    /// Forgets results older than two generations, even if no new ones arrive.
    fn age(&mut self) {
        let age = self.begun.elapsed();
        if age >= GENERATION && !self.earlier.is_empty() {
            self.earlier = Results::new();
        }
        if age >= 2 * GENERATION && !self.latest.is_empty() {
            self.latest = Results::new();
        }
    }
}

/// The latest results. Clones share them.
#[derive(Clone)]
pub struct RecentResults {
    results: Arc<Mutex<Generations>>,
    clock: Arc<dyn Clock>,
}

impl RecentResults {
    /// Creates an empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let none = Generations {
            latest: Results::new(),
            earlier: Results::new(),
            begun: Instant::now(),
        };
        Self {
            results: Arc::new(Mutex::new(none)),
            clock,
        }
    }

    fn results(&self) -> MutexGuard<'_, Generations> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: ReservationId) -> Option<ReservationRecord> {
        let found = {
            let mut results = self.results();
            results.age();
            results.get(id)?.clone()
        };
        let is_fresh = self.clock.now_ms() - found.held_at_ms < QUEUED_LIFE_MS;
        (found.state != ReservationState::Queued || is_fresh).then_some(found)
    }
}

impl ResultLog for RecentResults {
    async fn record_queued(&self, unit: Unit, position: u32) {
        let queued = ReservationRecord::queued(unit, position, self.clock.now_ms());
        let mut results = self.results();
        if results.get(unit.reservation_id).is_none() {
            results.insert(queued);
        }
    }

    async fn record_ended(&self, records: &[ReservationRecord]) {
        let mut results = self.results();
        for record in records {
            results.insert(record.clone());
        }
    }
}

/// The ledger's reservations; a single one is first looked up in memory.
pub struct RecentReservations {
    /// The ledger behind it.
    pub ledger: Arc<dyn ReservationReader>,
    /// The results in memory.
    pub results: RecentResults,
}

#[async_trait]
impl ReservationReader for RecentReservations {
    async fn get(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        match self.results.get(id) {
            Some(record) => Ok(Some(record)),
            None => self.ledger.get(id, buyer).await,
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
