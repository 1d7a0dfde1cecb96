//! [`SaleCounters`] of a cluster: each instance writes its counts once a second, under a key that expires,
//! and the instance that is asked adds them up.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::sleep;
use uuid::Uuid;

use super::{PORT, Redis, keys};
use crate::{
    adapters::process_counters::{ProcessCounters, SAMPLE_PERIOD},
    chain::Chain,
    engine::ports::{Clock, InstanceCounts, OrderQueue, PortError, SaleCounters},
};

/// An instance that wrote nothing for this long counts as stopped. Between two notes it asks the broker for
/// its entries in flight, which may take three seconds.
const NOTE_LIFE_MS: i64 = 8_000;
/// Most instances that are read: more than any shop has, and an answer of some hundred kilobytes.
const MAX_INSTANCES: usize = 500;

/// The counters of all instances. Clones share them.
#[derive(Clone)]
pub struct RedisSaleCounters {
    redis: Redis,
    own: ProcessCounters,
    queue: Arc<dyn OrderQueue>,
    clock: Arc<dyn Clock>,
}

impl RedisSaleCounters {
    /// Adds this instance's counts, and its entries of `queue` in flight.
    pub fn new(
        redis: Redis,
        own: ProcessCounters,
        queue: Arc<dyn OrderQueue>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            redis,
            own,
            queue,
            clock,
        }
    }

    /// Writes this instance's counts.
    ///
    /// # Errors
    /// If Redis does not answer: the instance counts as stopped until it does.
    pub async fn note(&self) -> Result<(), PortError> {
        let mut note = self.own.own();
        // The counts do not depend on whether the broker answers.
        let in_flight = self.queue.in_flight().await.unwrap_or_default();
        note.oldest_held_at_ms = in_flight.oldest_ms.into_values().min();
        let text = serde_json::to_string(&note).map_err(|error| PortError::failed(PORT, error))?;
        let instance_id = note.instance.instance_id;
        let (all, now_ms) = (keys::instances(&self.redis), self.clock.now_ms());
        let mut write = redis::pipe();
        let key = keys::counts_of(&self.redis, instance_id);
        write.pset_ex(key, text, NOTE_LIFE_MS as u64).ignore();
        write.zadd(&all, instance_id.to_string(), now_ms).ignore();
        write
            .zrembyscore(&all, "-inf", now_ms - NOTE_LIFE_MS)
            .ignore();
        write.pexpire(&all, NOTE_LIFE_MS).ignore();
        self.redis.query_all(&write).await
    }

    /// Samples and writes the counts once a second, for ever. A slow broker does not delay the samples: ten
    /// samples are ten seconds.
    pub async fn keep_noting(self) {
        tokio::join!(self.own.clone().keep_sampling(), self.keep_writing());
    }

    async fn keep_writing(&self) {
        loop {
            if let Err(error) = self.note().await {
                tracing::debug!(error = %Chain(&error), "cannot write this instance's counts to Redis; tried again soon");
            }
            sleep(SAMPLE_PERIOD).await;
        }
    }
}

#[async_trait]
impl SaleCounters for RedisSaleCounters {
    async fn of_instances(&self) -> Result<Vec<InstanceCounts>, PortError> {
        let mut alive = redis::cmd("ZRANGEBYSCORE");
        alive.arg(keys::instances(&self.redis));
        alive.arg(self.clock.now_ms() - NOTE_LIFE_MS).arg("+inf");
        alive.arg("LIMIT").arg(0).arg(MAX_INSTANCES);
        let ids: Vec<String> = self.redis.query(&alive).await?;
        let ids = ids.iter().filter_map(|id| id.parse::<Uuid>().ok());
        let keys: Vec<_> = ids.map(|id| keys::counts_of(&self.redis, id)).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let notes: Vec<Option<String>> = self.redis.query(redis::cmd("MGET").arg(keys)).await?;
        let notes = notes.into_iter().flatten();
        // An instance of another version may have counters that this one does not know.
        Ok(notes
            .filter_map(|note| serde_json::from_str(&note).ok())
            .collect())
    }
}
