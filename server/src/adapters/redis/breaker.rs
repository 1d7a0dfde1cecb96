//! A circuit breaker: while Redis does not answer, calls are refused at once instead of waiting.

use std::{
    sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// Consecutive time-outs that open the breaker. Fewer may be one slow moment for many calls.
const TIMEOUTS_TO_OPEN: u32 = 16;
/// How long the breaker stays open before one call may try. Longer than a call waits: otherwise a
/// client that moves from instance to instance would find each one half-open and wait every time.
const OPEN_INTERVAL: Duration = Duration::from_millis(500);
/// The connection is replaced when the breaker has been open for this long, and again after the
/// same time: the connection may be dead while Redis is not.
const RECONNECT_INTERVAL_MS: i64 = 2_000;
/// Minimum time between two replacements of a connection that is of no use.
const LEAVE_INTERVAL_MS: i64 = 500;

/// Counts the time-outs of one server. Lock-free: it is checked before every call.
pub struct Breaker {
    /// Host and port, for the log.
    server: String,
    created_at: Instant,
    /// How long nothing must have been answered before it opens.
    grace: Duration,
    /// Consecutive time-outs.
    timeouts: AtomicU32,
    /// Milliseconds since `created_at` of the first of them.
    began_ms: AtomicI64,
    open: AtomicBool,
    /// Milliseconds since `created_at` until which no call is allowed.
    open_until_ms: AtomicI64,
    /// Milliseconds since `created_at` at which the connection is replaced.
    reconnect_at_ms: AtomicI64,
    /// The same, for a connection that is of no use.
    leave_at_ms: AtomicI64,
}

impl Breaker {
    /// Starts closed: every call is allowed. Opens when consecutive time-outs have lasted for
    /// `grace`: one of several servers behind it may be down, and many calls to that one time out
    /// at the same moment.
    pub fn new(grace: Duration, server: String) -> Self {
        Self {
            server,
            created_at: Instant::now(),
            grace,
            timeouts: AtomicU32::new(0),
            began_ms: AtomicI64::new(0),
            open: AtomicBool::new(false),
            open_until_ms: AtomicI64::new(0),
            reconnect_at_ms: AtomicI64::new(0),
            leave_at_ms: AtomicI64::new(0),
        }
    }

    /// Whether a call may be made. While open, one call per interval may.
    pub fn allows(&self) -> bool {
        if !self.open.load(Ordering::Relaxed) {
            return true;
        }
        self.is_first_after(&self.open_until_ms, OPEN_INTERVAL.as_millis() as i64)
    }

    /// Records an answer of the server, of any kind.
    pub fn record_answer(&self) {
        // Written only on a change: the cache line is shared by all cores. Both are checked: an
        // answer may arrive between the two steps of the time-out that opens the breaker.
        if self.timeouts.load(Ordering::Relaxed) != 0 || self.open.load(Ordering::Relaxed) {
            self.timeouts.store(0, Ordering::Relaxed);
            if self.open.swap(false, Ordering::Relaxed) {
                tracing::info!(
                    server = self.server,
                    "Redis answers again; calls are sent to it again"
                );
            }
        }
    }

    /// Records a time-out. Returns true to one caller every two seconds, which replaces the
    /// connection.
    pub fn record_timeout(&self) -> bool {
        let timeouts = self.timeouts.fetch_add(1, Ordering::Relaxed) + 1;
        let now_ms = self.now_ms();
        if timeouts == 1 {
            self.began_ms.store(now_ms, Ordering::Relaxed);
        }
        let silent_ms = now_ms - self.began_ms.load(Ordering::Relaxed);
        if timeouts < TIMEOUTS_TO_OPEN || silent_ms < self.grace.as_millis() as i64 {
            return false;
        }
        let was_open = self.open.swap(true, Ordering::Relaxed);
        if !was_open {
            tracing::warn!(
                server = self.server,
                timeouts,
                "Redis does not answer; calls are refused as busy, and one every {} ms tries again",
                OPEN_INTERVAL.as_millis()
            );
            self.reconnect_at_ms
                .store(now_ms + RECONNECT_INTERVAL_MS, Ordering::Relaxed);
        }
        // From now, not from the start of the call: a request makes several calls in sequence, and
        // only the first of them should wait.
        self.open_until_ms
            .store(now_ms + OPEN_INTERVAL.as_millis() as i64, Ordering::Relaxed);
        was_open && self.is_first_after(&self.reconnect_at_ms, RECONNECT_INTERVAL_MS)
    }

    /// Whether the last call was answered, or there was none.
    pub fn answers(&self) -> bool {
        self.timeouts.load(Ordering::Relaxed) == 0
    }

    /// Records that the server answered as a replica, or refused the log-in. Returns true to one caller
    /// every half a second, which replaces the connection, because the address may lead to another server now.
    pub fn record_useless(&self) -> bool {
        self.is_first_after(&self.leave_at_ms, LEAVE_INTERVAL_MS)
    }

    /// Returns true to one caller after `due_ms`, and moves that on by an interval.
    fn is_first_after(&self, due_ms: &AtomicI64, interval_ms: i64) -> bool {
        let (now_ms, due) = (self.now_ms(), due_ms.load(Ordering::Relaxed));
        now_ms >= due
            && due_ms
                .compare_exchange(
                    due,
                    now_ms + interval_ms,
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
        let breaker = Breaker::new(Duration::ZERO, String::new());
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

    #[test]
    fn it_closes_at_an_answer_although_another_answer_came_while_it_opened() {
        let breaker = Breaker::new(Duration::ZERO, String::new());
        breaker.open.store(true, Ordering::Relaxed);
        breaker.record_answer();
        assert!(breaker.allows() && breaker.allows());
    }

    #[test]
    fn many_timeouts_at_one_moment_do_not_open_the_breaker_of_a_cluster() {
        let breaker = Breaker::new(Duration::from_hours(1), String::new());
        for _ in 0..10 * TIMEOUTS_TO_OPEN {
            assert!(!breaker.record_timeout());
        }
        assert!(breaker.allows(), "another server may answer");
        breaker.began_ms.store(-3_600_000, Ordering::Relaxed);
        breaker.record_timeout();
        assert!(!breaker.allows(), "nothing has been answered for an hour");
        breaker.record_answer();
        assert!(breaker.allows());
    }
}
