//! A circuit breaker: while Redis does not answer, callers are refused at once instead of waiting.

use std::{
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// So many time-outs in a row open the breaker. Fewer may be one slow moment that hits many calls.
const TIMEOUTS_TO_OPEN: u32 = 16;
/// How long the breaker stays open before one call may try. Longer than a call waits: else a lone
/// caller who goes from instance to instance would find each half-open, and wait every time.
const OPEN_INTERVAL: Duration = Duration::from_millis(500);
/// The connection is replaced when the breaker has been open for this long, and again after as
/// long: the connection may be dead while Redis is not.
const RECONNECT_INTERVAL_MS: i64 = 2_000;

/// Counts the time-outs of one server. No locks: it is asked before every call.
pub struct Breaker {
    created_at: Instant,
    timeouts: AtomicU32,
    /// Milliseconds since `created_at` until which no call is allowed.
    open_until_ms: AtomicI64,
    /// Milliseconds since `created_at` at which the connection is replaced.
    reconnect_at_ms: AtomicI64,
}

impl Breaker {
    /// Closed: every call is allowed.
    pub fn new() -> Self {
        Self {
            created_at: Instant::now(),
            timeouts: AtomicU32::new(0),
            open_until_ms: AtomicI64::new(0),
            reconnect_at_ms: AtomicI64::new(0),
        }
    }

    /// Whether a call may be made. While open, one call per interval is.
    pub fn allows(&self) -> bool {
        if self.timeouts.load(Ordering::Relaxed) < TIMEOUTS_TO_OPEN {
            return true;
        }
        let open_until_ms = self.open_until_ms.load(Ordering::Relaxed);
        let now_ms = self.now_ms();
        now_ms >= open_until_ms
            && self
                .open_until_ms
                .compare_exchange(
                    open_until_ms,
                    now_ms + OPEN_INTERVAL.as_millis() as i64,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    /// The server answered, whatever it said.
    pub fn record_answer(&self) {
        // Written only when something changes: the cache line is shared by all cores.
        if self.timeouts.load(Ordering::Relaxed) != 0
            && self.timeouts.swap(0, Ordering::Relaxed) >= TIMEOUTS_TO_OPEN
        {
            tracing::info!("Redis answers again; calls are sent to it again");
        }
    }

    /// The server did not answer. True for one caller every two seconds: it replaces the
    /// connection.
    pub fn record_timeout(&self) -> bool {
        let timeouts = self.timeouts.fetch_add(1, Ordering::Relaxed) + 1;
        let now_ms = self.now_ms();
        if timeouts == TIMEOUTS_TO_OPEN {
            tracing::warn!(
                timeouts,
                "Redis does not answer; calls are refused as busy, and one every {} ms tries again",
                OPEN_INTERVAL.as_millis()
            );
            self.reconnect_at_ms
                .store(now_ms + RECONNECT_INTERVAL_MS, Ordering::Relaxed);
        }
        if timeouts >= TIMEOUTS_TO_OPEN {
            // From now, not from when the call began: a request makes several calls one after the
            // other, and only the first of them should wait.
            self.open_until_ms
                .store(now_ms + OPEN_INTERVAL.as_millis() as i64, Ordering::Relaxed);
        }
        let reconnect_at_ms = self.reconnect_at_ms.load(Ordering::Relaxed);
        timeouts > TIMEOUTS_TO_OPEN
            && now_ms >= reconnect_at_ms
            && self
                .reconnect_at_ms
                .compare_exchange(
                    reconnect_at_ms,
                    now_ms + RECONNECT_INTERVAL_MS,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    fn now_ms(&self) -> i64 {
        self.created_at.elapsed().as_millis() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_many_timeouts_allows_one_call_per_interval_and_closes_at_an_answer() {
        let breaker = Breaker::new();
        for _ in 0..TIMEOUTS_TO_OPEN - 1 {
            breaker.record_timeout();
        }
        assert!(breaker.allows(), "a slow moment is no failure");
        breaker.record_timeout();
        assert!(!breaker.allows());
        breaker.open_until_ms.store(0, Ordering::Relaxed);
        assert!(breaker.allows(), "one call may try");
        assert!(!breaker.allows(), "and only one");
        breaker.open_until_ms.store(0, Ordering::Relaxed);
        assert!(
            !breaker.record_timeout(),
            "the connection is not replaced yet"
        );
        assert!(!breaker.allows(), "the failed try begins a new interval");
        breaker.reconnect_at_ms.store(0, Ordering::Relaxed);
        assert!(breaker.record_timeout(), "one caller replaces it");
        assert!(!breaker.record_timeout(), "and only one");
        breaker.record_answer();
        assert!(breaker.allows());
    }
}
