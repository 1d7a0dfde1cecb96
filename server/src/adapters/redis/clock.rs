//! A clock that follows Redis's clock, which is also the gate's: all instances have the same time,
//! independent of their own machines.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{Redis, scripts};
use crate::chain::Chain;
use crate::{
    adapters::system::SystemClock,
    engine::ports::{Clock, PortError},
};

/// Time between two readings of Redis's clock. A machine's own drifts by some microseconds in it.
const PERIOD: Duration = Duration::from_secs(1);
/// Samples per reading; the one with the shortest round trip is the most exact.
const SAMPLES: u32 = 3;

/// The clock. It runs on the machine's monotonic clock while Redis does not answer; before the
/// first reading it is the machine's own. A reading may set it back a little.
#[derive(Clone)]
pub struct ClusterClock {
    redis: Redis,
    created_at: Instant,
    /// Epoch microseconds at `created_at`.
    created_at_us: Arc<AtomicI64>,
}

impl ClusterClock {
    /// A clock that has not read Redis's yet.
    pub fn new(redis: Redis) -> Self {
        Self::starting_at(redis, SystemClock.now_ms())
    }

    /// A clock that returns `now_ms` until it has read Redis's.
    pub fn starting_at(redis: Redis, now_ms: i64) -> Self {
        Self {
            redis,
            created_at: Instant::now(),
            created_at_us: Arc::new(AtomicI64::new(now_ms.saturating_mul(1000))),
        }
    }

    /// Reads Redis's clock and follows it from now on, with an error of at most half a round trip.
    ///
    /// # Errors
    /// If Redis does not answer; then nothing changes.
    pub async fn synchronise(&self) -> Result<(), PortError> {
        let mut best = self.sample().await?;
        for _ in 1..SAMPLES {
            best = best.min(self.sample().await?);
        }
        let (_, created_at_us) = best;
        self.created_at_us.store(created_at_us, Ordering::Relaxed);
        Ok(())
    }

    /// Reads Redis's clock every second, for ever.
    pub async fn keep_synchronised(self) {
        let mut synchronised = true;
        loop {
            match self.synchronise().await {
                Ok(()) if !synchronised => {
                    tracing::info!("the clock follows the clock of Redis again");
                    synchronised = true;
                }
                Err(error) if synchronised => {
                    tracing::warn!(
                        error = %Chain(&error),
                        "cannot read the clock of Redis; the clock runs on by itself until it can"
                    );
                    synchronised = false;
                }
                _ => {}
            }
            sleep(PERIOD).await;
        }
    }

    /// Returns a round trip in microseconds, and its value for `created_at_us`.
    async fn sample(&self) -> Result<(i64, i64), PortError> {
        let sent_us = self.elapsed_us();
        let keys = [self.redis.key("clock")];
        let (s, us): (i64, i64) = self.redis.invoke(&scripts::gate::TIME, &keys, &[]).await?;
        let received_us = self.elapsed_us();
        let middle_us = sent_us + (received_us - sent_us) / 2;
        Ok((received_us - sent_us, s * 1_000_000 + us - middle_us))
    }

    fn elapsed_us(&self) -> i64 {
        i64::try_from(self.created_at.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl Clock for ClusterClock {
    fn now_ms(&self) -> i64 {
        let created_at_us = self.created_at_us.load(Ordering::Relaxed);
        created_at_us.saturating_add(self.elapsed_us()) / 1000
    }
}
