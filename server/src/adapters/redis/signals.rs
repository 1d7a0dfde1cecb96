//! What copies of the server tell each other through Redis: a unit came back, there is work. Only
//! hints: published messages may be lost, so nothing depends on one arriving. Workers look by
//! themselves, and what is marked as sold out is forgotten every few seconds.

mod wake_signals;

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use rand::Rng;
use redis::{
    Client, IntoConnectionInfo, Msg, RedisError, RedisResult,
    aio::{PubSubSink, PubSubStream},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, timeout};

use super::{Redis, connection::tcp};
use crate::{adapters::sold_out_cache::SoldOutCache, chain::Chain, engine::ports::WakeSignal};

pub use wake_signals::RedisWakeSignals;
use wake_signals::{Copy, JOBS};

/// Published to when units came back: the item, a space, how often units have come back to it.
const RETURNS: &str = "returns";
/// Published to when there is work: the job, a space, the copy that says so.
const WAKE: &str = "wake";

/// A connection must stand, and answer, within this time.
const ANSWER: Duration = Duration::from_secs(2);
/// Between two questions whether the connection still lives.
const PING: Duration = Duration::from_secs(2);
/// A mark that missed its message is wrong for no longer. Costs one question to the gate per item
/// that is sold out and period.
const MARKS_LIFE: Duration = Duration::from_secs(5);
/// Shortest and longest pause between two attempts to connect.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Hears what other copies say.
#[derive(Clone)]
pub struct Signals {
    redis: Redis,
    sold_out: SoldOutCache,
    /// This process's.
    wake_signals: Arc<dyn WakeSignal>,
    copy: Copy,
}

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("closed")]
    Closed,
    #[error("no answer in time")]
    Silent,
    #[error(transparent)]
    Redis(#[from] RedisError),
}

impl Signals {
    /// Clears `sold_out` and rings the wake_signals of this process that `wake_signals` stands for.
    pub fn new(redis: Redis, sold_out: SoldOutCache, wake_signals: &RedisWakeSignals) -> Self {
        Self {
            redis,
            sold_out,
            wake_signals: wake_signals.local(),
            copy: wake_signals.copy(),
        }
    }

    /// Listens for ever, and connects again after losses. Stops when dropped.
    pub async fn listen(self) {
        let mut pause = PAUSE.0;
        // Any node of a Redis Cluster hears what is published at any other.
        for url in self.redis.urls().iter().cycle() {
            match subscribe(&self.redis, url).await {
                Ok(subscription) => {
                    pause = PAUSE.0;
                    self.catch_up();
                    let lost = self.hear(subscription).await;
                    tracing::warn!(error = %Chain(&lost), "the connection for signals is lost: will connect again");
                }
                Err(error) => tracing::debug!(error = %Chain(&error), "no connection for signals"),
            }
            // While nobody tells, every question goes to the gate.
            self.sold_out.clear_all();
            let share = rand::rng().random_range(0.5..1.0);
            sleep(pause.mul_f64(share)).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Messages may have been missed.
    fn catch_up(&self) {
        self.sold_out.clear_all();
        for job in JOBS {
            self.wake_signals.notify(job);
        }
    }

    async fn hear(&self, (mut sink, mut messages): (PubSubSink, PubSubStream)) -> Lost {
        let mut ping = every(PING);
        let mut forget = every(MARKS_LIFE);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.act_on(&message),
                    None => return Lost::Closed,
                },
                _ = forget.tick() => self.sold_out.clear_all(),
                _ = ping.tick() => {
                    if let Err(lost) = in_time(sink.ping::<redis::Value>()).await {
                        return lost;
                    }
                }
            }
        }
    }

    /// What cannot be read is of another version of this program, and only a hint.
    fn act_on(&self, message: &Msg) {
        let Ok(text) = std::str::from_utf8(message.get_payload_bytes()) else {
            return;
        };
        let Some((what, more)) = text.split_once(' ') else {
            return;
        };
        if message.get_channel_name() == self.redis.key(WAKE) {
            if let Some(job) = wake_signals::job(what)
                && more != self.copy.to_string()
            {
                self.wake_signals.notify(job);
            }
        } else if let (Ok(item_id), Ok(returns)) = (what.parse(), more.parse()) {
            self.sold_out.clear(item_id, returns);
        }
    }
}

/// For the first time after a period.
fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn subscribe(redis: &Redis, url: &str) -> Result<(PubSubSink, PubSubStream), Lost> {
    let info = url.into_connection_info()?.set_tcp_settings(tcp());
    let client = Client::open(info)?;
    let (mut sink, messages) = in_time(client.get_async_pubsub()).await?.split();
    let channels = [redis.key(RETURNS), redis.key(WAKE)];
    in_time(sink.subscribe(&channels)).await?;
    Ok((sink, messages))
}

async fn in_time<T>(asked: impl Future<Output = RedisResult<T>>) -> Result<T, Lost> {
    match timeout(ANSWER, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Lost::Silent),
    }
}
