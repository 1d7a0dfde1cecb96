//! The difference between the page's monotonic clock and the server's: the arithmetic of a
//! synchronisation, without a clock and without a request.

/// One request to the server and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The page's clock when the request was sent.
    pub asked_ms: f64,
    /// The page's clock when the answer came.
    pub answered_ms: f64,
    /// The server's clock in between.
    pub server_ms: i64,
}

/// The difference to add to the page's clock, and its largest error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Server time minus page time.
    pub offset_ms: f64,
    /// Half the round trip: the truth lies within this much on either side.
    pub error_ms: f64,
}

impl Estimate {
    /// The server answered somewhere in the round trip; the middle is the best estimate.
    pub fn of(sample: Sample) -> Self {
        let round_trip = (sample.answered_ms - sample.asked_ms).max(0.0);
        let middle = sample.asked_ms + round_trip / 2.0;
        Self {
            offset_ms: sample.server_ms as f64 - middle,
            error_ms: round_trip / 2.0,
        }
    }

    /// The estimate to use after a newer one: the more precise one, unless the newer one proves the
    /// older one wrong (the clocks drifted, or the computer slept).
    pub fn revised(self, newer: Self) -> Self {
        let contradicted =
            (newer.offset_ms - self.offset_ms).abs() > newer.error_ms + self.error_ms;
        if contradicted || newer.error_ms <= self.error_ms {
            newer
        } else {
            self
        }
    }

    /// The server's time when the page's clock reads `page_ms`, in epoch milliseconds.
    pub fn server_ms(self, page_ms: f64) -> i64 {
        (page_ms + self.offset_ms).floor() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(asked_ms: f64, answered_ms: f64, server_ms: i64) -> Estimate {
        Estimate::of(Sample {
            asked_ms,
            answered_ms,
            server_ms,
        })
    }

    #[test]
    fn the_server_is_taken_to_have_answered_half_way() {
        let estimate = estimate(100.0, 140.0, 10_120);
        assert_eq!(
            estimate,
            Estimate {
                offset_ms: 10_000.0,
                error_ms: 20.0
            }
        );
        assert_eq!(estimate.server_ms(500.4), 10_500);
    }

    #[test]
    fn the_shorter_round_trip_wins() {
        let (slow, quick) = (estimate(0.0, 200.0, 1_150), estimate(300.0, 310.0, 1_335));
        assert_eq!(slow.revised(quick), quick);
        assert_eq!(quick.revised(slow), quick);
    }

    #[test]
    fn a_clock_that_slept_is_believed_no_longer() {
        let before = estimate(0.0, 10.0, 1_000);
        let after = estimate(1_000.0, 1_300.0, 3_600_000);
        assert_eq!(before.revised(after), after);
    }
}
