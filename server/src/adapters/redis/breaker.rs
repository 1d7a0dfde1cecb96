//! A breaker: while Redis does not answer, callers hear so at once instead of waiting for it.

use std::{
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// So many silences in a row open it. Fewer may be one slow moment that hits many calls.
const SILENCES: u32 = 16;
/// Open for this long; then one call tries, and the others hear no for as long again. Longer than a
/// call waits: else a lone caller who goes from copy to copy would find each at its try, and wait
/// every time.
const REST: Duration = Duration::from_millis(500);
/// Open for so long, and again after as long: the connection may be what is mute, not Redis.
const RENEWAL_MS: i64 = 2_000;

/// Counts silences of one peer. No locks: it is asked before every call.
pub struct Breaker {
    began: Instant,
    silences: AtomicU32,
    /// Milliseconds since `began` until which nobody is let through.
    open_until_ms: AtomicI64,
    /// Milliseconds since `began` at which the connection is given up.
    renew_at_ms: AtomicI64,
}

impl Breaker {
    /// Closed: everybody is let through.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            silences: AtomicU32::new(0),
            open_until_ms: AtomicI64::new(0),
            renew_at_ms: AtomicI64::new(0),
        }
    }

    /// Whether a call may try. After a rest, one caller may.
    pub fn lets_through(&self) -> bool {
        if self.silences.load(Ordering::Relaxed) < SILENCES {
            return true;
        }
        let open_until_ms = self.open_until_ms.load(Ordering::Relaxed);
        let now_ms = self.now_ms();
        now_ms >= open_until_ms
            && self
                .open_until_ms
                .compare_exchange(
                    open_until_ms,
                    now_ms + REST.as_millis() as i64,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    /// The peer answered, whatever it said.
    pub fn answered(&self) {
        // Written only when something changes: the line is shared by all cores.
        if self.silences.load(Ordering::Relaxed) != 0
            && self.silences.swap(0, Ordering::Relaxed) >= SILENCES
        {
            tracing::info!("Redis answers again");
        }
    }

    /// The peer did not answer. True for one caller every two seconds of silence: the connection
    /// should be made anew.
    pub fn silent(&self) -> bool {
        let silences = self.silences.fetch_add(1, Ordering::Relaxed) + 1;
        let now_ms = self.now_ms();
        if silences == SILENCES {
            tracing::warn!("Redis does not answer; callers hear so at once until it does");
            self.renew_at_ms
                .store(now_ms + RENEWAL_MS, Ordering::Relaxed);
        }
        if silences >= SILENCES {
            // From now, not from when it tried: a request asks several things one after the other,
            // and only the first of them should wait.
            self.open_until_ms
                .store(now_ms + REST.as_millis() as i64, Ordering::Relaxed);
        }
        let renew_at_ms = self.renew_at_ms.load(Ordering::Relaxed);
        silences > SILENCES
            && now_ms >= renew_at_ms
            && self
                .renew_at_ms
                .compare_exchange(
                    renew_at_ms,
                    now_ms + RENEWAL_MS,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    fn now_ms(&self) -> i64 {
        self.began.elapsed().as_millis() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_many_silences_lets_one_try_after_a_rest_and_closes_at_an_answer() {
        let breaker = Breaker::new();
        for _ in 0..SILENCES - 1 {
            breaker.silent();
        }
        assert!(breaker.lets_through(), "a slow moment is no failure");
        breaker.silent();
        assert!(!breaker.lets_through());
        breaker.open_until_ms.store(0, Ordering::Relaxed);
        assert!(breaker.lets_through(), "one may try");
        assert!(!breaker.lets_through(), "and only one");
        breaker.open_until_ms.store(0, Ordering::Relaxed);
        assert!(!breaker.silent(), "not long enough to doubt the connection");
        assert!(
            !breaker.lets_through(),
            "who tried in vain begins a new rest"
        );
        breaker.renew_at_ms.store(0, Ordering::Relaxed);
        assert!(breaker.silent(), "one makes it anew");
        assert!(!breaker.silent(), "and only one");
        breaker.answered();
        assert!(breaker.lets_through());
    }
}
