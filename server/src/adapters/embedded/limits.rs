//! [`Limits`] in memory: `governor`'s keyed GCRA on the engine's clock.

use std::{
    ops::Add,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use governor::{
    RateLimiter, clock::Reference, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DashMapStateStore,
};

use crate::{
    adapters::quotas::{Kind, NoLimits, Quotas},
    engine::ports::{Clock, Limit, Limits, PortError, RetryAfter},
};

/// The engine's clock for `governor`, but monotonic. When the engine's clock is set back, this one
/// continues from its last value; otherwise callers would be refused for that long.
#[derive(Clone)]
struct ForwardClock {
    clock: Arc<dyn Clock>,
    count: Arc<Mutex<Count>>,
}

/// Milliseconds counted so far, and the instant of the last count.
struct Count {
    elapsed_ms: u64,
    at_ms: i64,
}

impl ForwardClock {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let count = Count {
            elapsed_ms: 0,
            at_ms: clock.now_ms(),
        };
        Self {
            clock,
            count: Arc::new(Mutex::new(count)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Instant(u64);

impl Add<Nanos> for Instant {
    type Output = Instant;

    fn add(self, nanos: Nanos) -> Instant {
        Instant(self.0.saturating_add(nanos.as_u64()))
    }
}

impl Reference for Instant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        Nanos::new(self.0.saturating_sub(earlier.0))
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Instant(self.0.saturating_sub(duration.as_u64()))
    }
}

impl governor::clock::Clock for ForwardClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.clock.now_ms();
        let passed_ms = now_ms.saturating_sub(count.at_ms).max(0).cast_unsigned();
        count.elapsed_ms = count.elapsed_ms.saturating_add(passed_ms);
        count.at_ms = now_ms;
        Instant(count.elapsed_ms.saturating_mul(1_000_000))
    }
}

type Keyed = RateLimiter<Limit, DashMapStateStore<Limit>, ForwardClock, NoOpMiddleware<Instant>>;

/// Most keys a limiter stores. Keys that are not over their limit can be removed, so a full limiter is
/// cleaned up; if all its keys are over their limits, it refuses new ones for a moment.
const KEYS: usize = 500_000;
/// Calls between two clean-ups.
const CLEAN_UP_EVERY: u32 = 65_536;

pub struct GovernedLimits {
    address: Option<Keyed>,
    action: Option<Keyed>,
    spelling: Option<Keyed>,
    code: Option<Keyed>,
    calls: AtomicU32,
}

impl GovernedLimits {
    /// Creates a limiter with empty counters.
    pub fn new(clock: Arc<dyn Clock>, quotas: Quotas, off: NoLimits) -> Self {
        let clock = ForwardClock::new(clock);
        let limiter = |kind: Kind| {
            let quota = kind.quota(quotas, off)?;
            let quota = governor::Quota::with_period(quota.period)?.allow_burst(quota.burst);
            let memory = DashMapStateStore::default();
            Some(RateLimiter::new(quota, memory, clock.clone()))
        };
        Self {
            address: limiter(Kind::Address),
            action: limiter(Kind::Action),
            spelling: limiter(Kind::Spelling),
            code: limiter(Kind::Code),
            calls: AtomicU32::new(0),
        }
    }

    fn clean_up_now_and_then(&self, keyed: &Keyed) -> Result<(), PortError> {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        if calls % CLEAN_UP_EVERY == CLEAN_UP_EVERY - 1 {
            keyed.retain_recent();
            keyed.shrink_to_fit();
            if keyed.len() > KEYS {
                let detail = "too many callers over their limits";
                return Err(PortError::busy("limits", detail));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Limits for GovernedLimits {
    async fn count(&self, limit: &Limit) -> Result<Option<RetryAfter>, PortError> {
        let keyed = match Kind::of(limit) {
            Kind::Address => &self.address,
            Kind::Action => &self.action,
            Kind::Spelling => &self.spelling,
            Kind::Code => &self.code,
        };
        let Some(keyed) = keyed else {
            return Ok(None);
        };
        self.clean_up_now_and_then(keyed)?;
        let Err(over) = keyed.check_key(limit) else {
            return Ok(None);
        };
        let now = governor::clock::Clock::now(keyed.clock());
        let wait = Duration::from(over.earliest_possible().duration_since(now));
        Ok(Some(RetryAfter {
            wait_ms: (wait.as_nanos().div_ceil(1_000_000) as i64).max(1),
        }))
    }
}
