//! What has become of reservations lately, in memory: those who wait for their order ask about once a
//! second, and each question would be a read of the ledger. In one process everything that makes or ends
//! a reservation passes here; what it does not know, or calls queued for long, the ledger is asked for.

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

/// Reservations of a generation, of which there are two: some ten seconds' worth of the fastest sale, about
/// 6 MB in all.
const MAX_RESULTS: usize = 15_000;
/// A generation takes new results for so long, and is kept for as long again: buyers who wait ask within
/// seconds; later the ledger is asked.
const GENERATION: Duration = Duration::from_secs(30);

type Results = HashMap<ReservationId, ReservationRecord>;

/// Results by their age. To forget all old ones at once costs nothing; a cache that orders them by use
/// would cost a purchase more than the decision about it.
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

    /// Forgets what is older than two generations, also where nothing new comes.
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

/// The latest results. A clone is the same memory.
#[derive(Clone)]
pub struct RecentResults {
    results: Arc<Mutex<Generations>>,
    clock: Arc<dyn Clock>,
}

impl RecentResults {
    /// None.
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

/// The ledger's reservations; a single one is looked for in memory first.
pub struct RecentReservations {
    /// The truth.
    pub ledger: Arc<dyn ReservationReader>,
    /// What is remembered.
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
