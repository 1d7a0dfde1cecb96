//! A cache of what became of reservations: thousands of buyers poll every second, and the ledger
//! has other things to do. The ledger is the truth and is read when Redis has no result, or has
//! said "queued" for a while. Where the ledger does not know either, the gate is asked.
//!
//! Written at three places: when the gate has held a unit and when orders were written (see
//! [`recording`](super::super::recording)), and when the ledger was read ([`CachedReservations`]).

mod ledger;
mod unknown;

use std::sync::Arc;

use app::wire::{AccountId, ItemId, ReservationId};
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use super::{Redis, keys};
use crate::adapters::recording::ResultLog;
use crate::chain::Chain;
use crate::engine::ports::{Clock, PortError, ReservationRecord, Unit};

pub use ledger::CachedReservations;
pub use unknown::UnknownReservations;

/// Buyers poll for minutes; later the ledger is read.
const LIFE_MS: i64 = 3_600_000;
/// A buyer's latest reservations that are found without the ledger: more than anybody can have
/// queued at once, since an order is written within moments and each needs an item of its own.
const LATEST: isize = 20;

/// The result of each reservation, each buyer's latest reservation of an item, and each buyer's latest
/// reservations by time. Bounded by their life of an hour.
#[derive(Clone)]
pub struct Results {
    redis: Redis,
    clock: Arc<dyn Clock>,
}

/// A result as it is stored, by reservation.
#[derive(Serialize, Deserialize)]
struct StoredResult<Record> {
    #[serde(flatten)]
    record: Record,
    /// Stored at.
    at_ms: i64,
}

impl Results {
    /// The results under `redis`'s namespace.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>) -> Self {
        Self { redis, clock }
    }

    /// Adds a reservation to its buyer's latest ones.
    async fn list(&self, record: &ReservationRecord) -> Result<(), PortError> {
        let key = keys::results_of_buyer(&self.redis, record.unit.buyer);
        let mut add = redis::pipe();
        add.atomic();
        // The first record of it counts, as for its result.
        add.cmd("ZADD").arg(&key).arg("NX").arg(record.held_at_ms);
        add.arg(record.unit.reservation_id.to_string()).ignore();
        add.zremrangebyrank(&key, 0, -LATEST - 1).ignore();
        add.pexpire(&key, LIFE_MS).ignore();
        self.redis.query_all(&add).await
    }

    /// A buyer's latest reservations, newest first.
    async fn of_buyer(&self, buyer: AccountId) -> Result<Vec<ReservationRecord>, PortError> {
        let mut range = redis::cmd("ZREVRANGE");
        range.arg(keys::results_of_buyer(&self.redis, buyer));
        range.arg(0).arg(-1);
        let ids: Vec<String> = self.redis.query(&range).await?;
        let cached = ids
            .iter()
            .filter_map(|id| id.parse().ok())
            .map(|id| self.get(id));
        let cached: Result<Vec<_>, _> = join_all(cached).await.into_iter().collect();
        let cached = cached?.into_iter().flatten();
        Ok(cached.map(|(record, _)| record).collect())
    }

    async fn store(
        &self,
        record: &ReservationRecord,
        condition: Option<&str>,
    ) -> Result<(), PortError> {
        let stored = StoredResult {
            record,
            at_ms: self.clock.now_ms(),
        };
        let value =
            serde_json::to_vec(&stored).map_err(|error| PortError::failed(super::PORT, error))?;
        let mut set = redis::cmd("SET");
        set.arg(keys::result(&self.redis, record.unit.reservation_id));
        set.arg(value).arg("PX").arg(LIFE_MS).arg(condition);
        self.redis.query(&set).await
    }

    /// A result, and its age in milliseconds.
    async fn get(
        &self,
        reservation_id: ReservationId,
    ) -> Result<Option<(ReservationRecord, i64)>, PortError> {
        let mut read = redis::cmd("GET");
        read.arg(keys::result(&self.redis, reservation_id));
        let value: Option<Vec<u8>> = self.redis.query(&read).await?;
        // A value that cannot be read was written by another version of this program: the ledger
        // knows.
        let stored = value.and_then(|value| {
            serde_json::from_slice::<StoredResult<ReservationRecord>>(&value).ok()
        });
        Ok(stored.map(|stored| (stored.record, self.clock.now_ms() - stored.at_ms)))
    }

    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationId>, PortError> {
        let mut read = redis::cmd("GET");
        read.arg(keys::latest_result(&self.redis, item_id, buyer));
        let id: Option<String> = self.redis.query(&read).await?;
        Ok(id.and_then(|id| id.parse().ok()))
    }
}

impl ResultLog for Results {
    /// A failure is logged: the unit is held, and the ledger will know.
    async fn record_queued(&self, unit: Unit, position: u32) {
        let record = ReservationRecord::queued(unit, position, self.clock.now_ms());
        let mut latest = redis::cmd("SET");
        latest.arg(keys::latest_result(&self.redis, unit.item_id, unit.buyer));
        latest.arg(unit.reservation_id.to_string());
        latest.arg("PX").arg(LIFE_MS);
        // Three slots; sent together, they cost the buyer one round trip.
        let (result, latest, listed) = tokio::join!(
            self.store(&record, Some("NX")),
            self.redis.query::<()>(&latest),
            self.list(&record)
        );
        log_failure(result.and(latest).and(listed), 1);
    }

    /// A failure is logged: the ledger knows, and is read when a reservation seems queued for long.
    async fn record_ended(&self, records: &[ReservationRecord]) {
        let stored = join_all(records.iter().map(|record| self.store(record, None))).await;
        // One line, not one for each of a batch.
        log_failure(stored.into_iter().collect(), records.len());
    }
}

fn log_failure(stored: Result<(), PortError>, results: usize) {
    if let Err(error) = stored {
        tracing::warn!(
            error = %Chain(&error),
            results,
            "cannot store results in Redis; the ledger answers those who poll for them"
        );
    }
}
