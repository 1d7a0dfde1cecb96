//! Messages between instances, published through Redis: a unit came back, there is work, the
//! catalogue changed. Messages may be lost, so nothing depends on them: workers also run
//! periodically, the sold-out cache is cleared every few seconds, and cached pages expire.

mod catalogue;
mod wake;

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use redis::{
    Msg, RedisError, RedisResult,
    aio::{PubSubSink, PubSubStream},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, timeout};

use super::{Redis, keys};
use crate::{
    adapters::{catalogue_changes::CatalogueChanges, sold_out_cache::SoldOutCache},
    chain::Chain,
    engine::ports::{Job, WakeSignal},
    jitter::Backoff,
};

pub use catalogue::RedisCatalogueEvents;
use wake::InstanceId;
pub use wake::RedisWakeSignal;

/// Time limit of connecting, and of every answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Time between two checks whether the connection works.
const PING_INTERVAL: Duration = Duration::from_secs(2);
/// How long a sold-out entry may be wrong after its message was lost. Costs one call to the gate
/// per sold-out item and interval.
const CACHE_CLEAR_INTERVAL: Duration = Duration::from_secs(5);
/// First and longest pause between two attempts to connect.
const FIRST_RECONNECT_DELAY: Duration = Duration::from_millis(50);
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// Listens to other instances' messages.
#[derive(Clone)]
pub struct SignalListener {
    redis: Redis,
    sold_out: SoldOutCache,
    /// Wakes the workers of this process.
    local: Arc<dyn WakeSignal>,
    instance: InstanceId,
    catalogue: CatalogueChanges,
}

/// Why a subscription ended.
#[derive(Debug, thiserror::Error)]
enum SubscriptionError {
    #[error("Redis closed the connection")]
    Closed,
    #[error("no answer within {} s", ANSWER_TIMEOUT.as_secs())]
    Timeout,
    #[error(transparent)]
    Redis(#[from] RedisError),
}

impl SignalListener {
    /// On messages: clears `sold_out`, wakes this process's workers through `wake`, and tells the
    /// listeners of `catalogue`.
    pub fn new(
        redis: Redis,
        sold_out: SoldOutCache,
        wake: &RedisWakeSignal,
        catalogue: CatalogueChanges,
    ) -> Self {
        Self {
            redis,
            sold_out,
            local: wake.local(),
            instance: wake.instance(),
            catalogue,
        }
    }

    /// Listens for ever, and reconnects when the connection is lost. Stops when dropped.
    pub async fn listen(self) {
        let mut backoff = Backoff::new(FIRST_RECONNECT_DELAY, MAX_RECONNECT_DELAY);
        // Every node of a Redis Cluster gets the messages published at any other.
        for url in self.redis.urls().iter().cycle() {
            match subscribe(&self.redis, url).await {
                Ok(subscription) => {
                    backoff.reset();
                    self.catch_up();
                    let error = self.receive(subscription).await;
                    tracing::warn!(
                        error = %Chain(&error),
                        "the subscription to other instances' signals is lost; connecting again, \
                         until then workers run periodically and the gate is asked about every item"
                    );
                }
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "cannot subscribe to other instances' signals; trying again");
                }
            }
            // Without messages the cache may be wrong: cleared, so that purchases ask the gate.
            self.sold_out.clear_all();
            sleep(backoff.next_pause()).await;
        }
    }

    /// Messages may have been missed while there was no subscription.
    fn catch_up(&self) {
        self.sold_out.clear_all();
        for job in Job::ALL {
            self.local.notify(job);
        }
    }

    async fn receive(
        &self,
        (mut sink, mut messages): (PubSubSink, PubSubStream),
    ) -> SubscriptionError {
        let mut ping = every(PING_INTERVAL);
        let mut clear_cache = every(CACHE_CLEAR_INTERVAL);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.handle(&message),
                    None => return SubscriptionError::Closed,
                },
                _ = clear_cache.tick() => self.sold_out.clear_all(),
                _ = ping.tick() => {
                    if let Err(error) = in_time(sink.ping::<redis::Value>()).await {
                        return error;
                    }
                }
            }
        }
    }

    /// Ignores unreadable messages: another version of this program published them.
    fn handle(&self, message: &Msg) {
        let Ok(text) = std::str::from_utf8(message.get_payload_bytes()) else {
            return;
        };
        if message.get_channel_name() == self.redis.key(keys::CATALOGUE) {
            if let Some(changed) = catalogue::changed(text) {
                self.catalogue.announce(&changed);
            }
            return;
        }
        let Some((subject, detail)) = text.split_once(' ') else {
            return;
        };
        if message.get_channel_name() == self.redis.key(keys::WAKE) {
            if let Some(job) = wake::job(subject)
                && detail != self.instance.to_string()
            {
                self.local.notify(job);
            }
        } else if let (Ok(item_id), Ok(returns)) = (subject.parse(), detail.parse()) {
            self.sold_out.clear(item_id, returns);
        }
    }
}

/// An interval whose first tick comes after one period.
fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn subscribe(
    redis: &Redis,
    url: &str,
) -> Result<(PubSubSink, PubSubStream), SubscriptionError> {
    let client = redis.client(url)?;
    let (mut sink, messages) = in_time(client.get_async_pubsub()).await?.split();
    let channels = [keys::RETURNS, keys::WAKE, keys::CATALOGUE].map(|name| redis.key(name));
    in_time(sink.subscribe(&channels)).await?;
    Ok((sink, messages))
}

async fn in_time<T>(call: impl Future<Output = RedisResult<T>>) -> Result<T, SubscriptionError> {
    match timeout(ANSWER_TIMEOUT, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(SubscriptionError::Timeout),
    }
}
