//! Durations with random jitter, so that things that failed or were made together are not retried or
//! remade together.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use rand::Rng;

/// A schedule grows at most this often.
const GROWING_TRIES: u32 = 64;

/// Pauses between tries: each is twice as long as the one before, up to the longest, minus random
/// jitter of up to half.
#[derive(Debug)]
pub struct Backoff {
    longest: Duration,
    schedule: ExponentialBuilder,
    pauses: ExponentialBackoff,
}

impl Backoff {
    /// From `first` to `longest`, which no pause exceeds.
    pub fn new(first: Duration, longest: Duration) -> Self {
        // The library makes each pause up to twice as long.
        let schedule = ExponentialBuilder::default()
            .with_min_delay(first / 2)
            .with_max_delay(longest / 2)
            .without_max_times()
            .with_jitter();
        Self {
            longest,
            schedule,
            pauses: schedule.build(),
        }
    }

    /// The pause after one more failure.
    pub fn next_pause(&mut self) -> Duration {
        self.pauses.next().unwrap_or(self.longest)
    }

    /// After a success: the next pause is the first one again.
    pub fn reset(&mut self) {
        self.pauses = self.schedule.build();
    }

    /// The pause after the last of `failures` + 1 failures, if their number is kept elsewhere.
    pub fn pause_after(self, failures: u32) -> Duration {
        let mut pauses = self.schedule.build();
        let pause = pauses.nth(failures.min(GROWING_TRIES) as usize);
        pause.unwrap_or(self.longest)
    }
}

/// A life shortened or lengthened by a random tenth at most.
#[expect(clippy::disallowed_methods, reason = "this is what others ask")]
pub fn spread(life: Duration) -> Duration {
    life.mul_f64(rand::rng().random_range(0.9..1.1))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_mins(10);

    fn is_between_half_and_whole(pause: Duration, whole: Duration) -> bool {
        (whole / 2..=whole).contains(&pause)
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::new(FIRST, LONGEST);
        for _ in 0..2 {
            for tries in 0..100 {
                let whole = (FIRST * 2_u32.pow(tries.min(20))).min(LONGEST);
                let pause = backoff.next_pause();
                assert!(
                    is_between_half_and_whole(pause, whole),
                    "{tries}: {pause:?}"
                );
            }
            backoff.reset();
        }
    }

    #[test]
    fn a_pause_follows_from_the_number_of_failures() {
        for (failures, whole) in [
            (0, FIRST),
            (1, FIRST * 2),
            (2, FIRST * 4),
            (9, LONGEST),
            (u32::MAX, LONGEST),
        ] {
            let pause = Backoff::new(FIRST, LONGEST).pause_after(failures);
            assert!(
                is_between_half_and_whole(pause, whole),
                "{failures}: {pause:?}"
            );
        }
    }

    #[test]
    fn clients_that_failed_together_do_not_retry_together() {
        let pauses: HashSet<_> = (0..100)
            .map(|_| Backoff::new(FIRST, LONGEST).next_pause())
            .collect();
        assert!(pauses.len() > 50, "{pauses:?}");
    }
}
