//! A clock that follows Redis's: all copies of the shop tell the same time, whatever their own
//! machines say, and it is the gate's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{Redis, scripts::CLOCK};
use crate::{
    adapters::system::SystemClock,
    engine::ports::{Clock, PortError},
};

/// Between two looks at Redis's clock. A machine's own drifts by some microseconds meanwhile.
const PERIOD: Duration = Duration::from_secs(1);
/// Questions a look; the one that was answered fastest is the least wrong.
const SAMPLES: u32 = 3;

/// The clock. Runs on by itself (the machine's monotonic clock) while Redis is silent; before the
/// first look it is the machine's own. A look may set it back a little.
#[derive(Clone)]
pub struct ClusterClock {
    redis: Redis,
    began: Instant,
    /// Epoch microseconds at `began`.
    began_at_us: Arc<AtomicI64>,
}

impl ClusterClock {
    /// A clock that has not looked yet.
    pub fn new(redis: Redis) -> Self {
        Self::starting_at(redis, SystemClock.now_ms())
    }

    /// A clock that says `now_ms` until it has looked.
    pub fn starting_at(redis: Redis, now_ms: i64) -> Self {
        Self {
            redis,
            began: Instant::now(),
            began_at_us: Arc::new(AtomicI64::new(now_ms.saturating_mul(1000))),
        }
    }

    /// Looks at Redis's clock and says from now on what it says, half a round trip of a fraction
    /// of a millisecond aside.
    ///
    /// # Errors
    /// When Redis does not answer; nothing changes.
    pub async fn look(&self) -> Result<(), PortError> {
        let mut best = self.sample().await?;
        for _ in 1..SAMPLES {
            best = best.min(self.sample().await?);
        }
        let (_, began_at_us) = best;
        self.began_at_us.store(began_at_us, Ordering::Relaxed);
        Ok(())
    }

    /// Looks again and again, for ever.
    pub async fn follow(self) {
        let mut follows = true;
        loop {
            let looked = self.look().await;
            if looked.is_ok() != follows {
                follows = looked.is_ok();
                tracing::info!(follows, "the clock of Redis");
            }
            sleep(PERIOD).await;
        }
    }

    /// A round trip in microseconds, and what `began_at_us` is according to it.
    async fn sample(&self) -> Result<(i64, i64), PortError> {
        let asked_us = self.elapsed_us();
        let keys = [self.redis.key("clock")];
        let (s, us): (i64, i64) = self.redis.run(&CLOCK, &keys, &[]).await?;
        let answered_us = self.elapsed_us();
        let middle_us = asked_us + (answered_us - asked_us) / 2;
        Ok((answered_us - asked_us, s * 1_000_000 + us - middle_us))
    }

    fn elapsed_us(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl Clock for ClusterClock {
    fn now_ms(&self) -> i64 {
        let began_at_us = self.began_at_us.load(Ordering::Relaxed);
        began_at_us.saturating_add(self.elapsed_us()) / 1000
    }
}
