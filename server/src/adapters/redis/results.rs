//! A cache of reservations' results: thousands of buyers poll every second, too many for the
//! ledger. The ledger has the truth and is read when Redis has no result, or has said "queued" for
//! a while. If the ledger does not know either, the gate is asked.
//!
//! Written in three places: after the gate has held a unit, after orders were written (see
//! [`recording`](super::super::recording)), and after the ledger was read ([`CachedReservations`]).

mod ledger;
mod unknown;

use std::{collections::BTreeMap, sync::Arc};

use app::wire::{AccountId, ItemId, ReservationId};
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use super::{Arg, Redis, keys, scripts};
use crate::adapters::recording::ResultLog;
use crate::chain::Chain;
use crate::engine::ports::{Clock, PortError, ReservationRecord, Unit};

pub use ledger::CachedReservations;
pub use unknown::UnknownReservations;

/// Buyers poll for minutes; after this time the ledger is read.
const LIFE_MS: i64 = 3_600_000;
/// Latest reservations kept per buyer: more than anyone can have queued at once, since an order is
/// written within moments and each needs a different item.
const LATEST: i64 = 20;

/// The results of each buyer's latest reservations. Bounded in number, and removed an hour after the latest
/// one.
#[derive(Clone)]
pub struct Results {
    redis: Redis,
    clock: Arc<dyn Clock>,
}

/// A result as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredResult<Record> {
    #[serde(flatten)]
    record: Record,
    /// Stored at this instant.
    at_ms: i64,
}

impl Results {
    /// The results under `redis`'s namespace.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>) -> Self {
        Self { redis, clock }
    }

    /// Stores results of one buyer; `replace` overwrites those of the same reservations.
    async fn store(
        &self,
        buyer: AccountId,
        records: &[&ReservationRecord],
        replace: bool,
    ) -> Result<(), PortError> {
        let at_ms = self.clock.now_ms();
        let mut texts = Vec::with_capacity(records.len() * 2);
        for record in records {
            let stored = StoredResult { record, at_ms };
            let text = serde_json::to_string(&stored);
            texts.push(record.unit.reservation_id.to_string());
            texts.push(text.map_err(|error| PortError::failed(super::PORT, error))?);
        }
        let mut args = vec![
            Arg::Number(LIFE_MS),
            Arg::Number(LATEST),
            Arg::Number(replace.into()),
        ];
        args.extend(texts.iter().map(|text| Arg::Text(text)));
        let keys = [keys::results(&self.redis, buyer)];
        self.redis
            .invoke::<i64>(&scripts::results::RECORD, &keys, &args)
            .await
            .map(drop)
    }

    /// Reads a result, and its age in milliseconds. An unreadable value was written by another version of
    /// this program: the ledger is read instead.
    fn decode(&self, text: &str) -> Option<(ReservationRecord, i64)> {
        let stored: StoredResult<ReservationRecord> = serde_json::from_str(text).ok()?;
        Some((stored.record, self.clock.now_ms() - stored.at_ms))
    }

    /// A result of a buyer, and its age in milliseconds.
    async fn get(
        &self,
        reservation_id: ReservationId,
        buyer: AccountId,
    ) -> Result<Option<(ReservationRecord, i64)>, PortError> {
        let mut read = redis::cmd("HGET");
        read.arg(keys::results(&self.redis, buyer));
        read.arg(reservation_id.to_string());
        let text: Option<String> = self.redis.query(&read).await?;
        Ok(text.and_then(|text| self.decode(&text)))
    }

    /// A buyer's latest reservations, in any order.
    async fn of_buyer(&self, buyer: AccountId) -> Result<Vec<ReservationRecord>, PortError> {
        let mut read = redis::cmd("HVALS");
        read.arg(keys::results(&self.redis, buyer));
        let texts: Vec<String> = self.redis.query(&read).await?;
        let stored = texts.iter().filter_map(|text| self.decode(text));
        Ok(stored.map(|(record, _)| record).collect())
    }

    /// A buyer's latest reservation of an item. Compares hold times first: ids are made when a path is issued,
    /// by the clocks of several machines, so they only decide between holds of the same moment.
    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationId>, PortError> {
        let records = self.of_buyer(buyer).await?;
        let of_item = records
            .iter()
            .filter(|record| record.unit.item_id == item_id);
        let latest = of_item.max_by_key(|record| (record.held_at_ms, record.unit.reservation_id));
        Ok(latest.map(|record| record.unit.reservation_id))
    }
}

impl ResultLog for Results {
    /// A failure is only logged: the unit is held, and the ledger will know.
    async fn record_queued(&self, unit: Unit, position: u32) {
        let record = ReservationRecord::queued(unit, position, self.clock.now_ms());
        log_failure(self.store(unit.buyer, &[&record], false).await, 1);
    }

    /// A failure is only logged: the ledger is read when a reservation seems queued for long.
    async fn record_ended(&self, records: &[ReservationRecord]) {
        let mut of_buyers = BTreeMap::<AccountId, Vec<&ReservationRecord>>::new();
        for record in records {
            of_buyers.entry(record.unit.buyer).or_default().push(record);
        }
        let stores = of_buyers
            .iter()
            .map(|(buyer, of_buyer)| self.store(*buyer, of_buyer, true));
        // Log one line, not one for each result.
        log_failure(join_all(stores).await.into_iter().collect(), records.len());
    }
}

fn log_failure(stored: Result<(), PortError>, results: usize) {
    if let Err(error) = stored {
        tracing::warn!(
            error = %Chain(&error),
            results,
            "cannot store results in Redis; polls for them read the ledger"
        );
    }
}
