//! A cache of what became of reservations: thousands of buyers poll every second, and the ledger
//! has other things to do. The ledger is the truth and is read when Redis has no result, or has
//! said "queued" for a while. Where the ledger does not know either, the gate is asked.
//!
//! Written at three places: when the gate has held a unit and when orders were written (see
//! [`recording`](super::super::recording)), and when the ledger was read ([`CachedReservations`]).

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

/// Buyers poll for minutes; later the ledger is read.
const LIFE_MS: i64 = 3_600_000;
/// Latest reservations of a buyer: more than anybody can have queued at once, since an order is written
/// within moments and each needs an item of its own.
const LATEST: i64 = 20;

/// The results of each buyer's latest reservations. Bounded by their number, and by a life of an hour after the
/// latest one.
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
    /// Stored at.
    at_ms: i64,
}

impl Results {
    /// The results under `redis`'s namespace.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>) -> Self {
        Self { redis, clock }
    }

    /// Stores results of one buyer; with `replace` instead of what is stored of the same reservations.
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

    /// A result, and its age in milliseconds. A value that cannot be read was written by another version of
    /// this program: the ledger knows.
    fn decode(&self, text: &str) -> Option<(ReservationRecord, i64)> {
        let stored: StoredResult<ReservationRecord> = serde_json::from_str(text).ok()?;
        Some((stored.record, self.clock.now_ms() - stored.at_ms))
    }

    /// A result of a buyer's, and its age in milliseconds.
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

    /// A buyer's latest reservation of an item. Ids are made when a path is handed out, by the clock of one of
    /// several machines: they tell only between holds of the same moment.
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
    /// A failure is logged: the unit is held, and the ledger will know.
    async fn record_queued(&self, unit: Unit, position: u32) {
        let record = ReservationRecord::queued(unit, position, self.clock.now_ms());
        log_failure(self.store(unit.buyer, &[&record], false).await, 1);
    }

    /// A failure is logged: the ledger knows, and is read when a reservation seems queued for long.
    async fn record_ended(&self, records: &[ReservationRecord]) {
        let mut of_buyers = BTreeMap::<AccountId, Vec<&ReservationRecord>>::new();
        for record in records {
            of_buyers.entry(record.unit.buyer).or_default().push(record);
        }
        let stores = of_buyers
            .iter()
            .map(|(buyer, of_buyer)| self.store(*buyer, of_buyer, true));
        // One line, not one for each of a batch.
        log_failure(join_all(stores).await.into_iter().collect(), records.len());
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
