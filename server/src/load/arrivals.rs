//! The times at which shoppers come.

use std::time::Duration;

/// How shoppers are spread over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// So many a second.
    Constant {
        /// More than 0.
        per_s: f64,
    },
    /// Growing evenly from none to so many a second; then constant.
    Ramp {
        /// More than 0.
        per_s: f64,
        /// How long it grows.
        over: Duration,
    },
    /// All of them, spread evenly over a short time.
    Herd {
        /// The length of that time.
        within: Duration,
    },
}

impl Arrivals {
    /// The time, from the beginning, at which shopper number `index` of `count` comes. Numbers begin at 0.
    pub fn at(self, index: usize, count: usize) -> Duration {
        let index = index as f64;
        match self {
            Arrivals::Constant { per_s } => Duration::from_secs_f64(index / per_s),
            Arrivals::Ramp { per_s, over } => {
                let over_s = over.as_secs_f64();
                let grown = per_s * over_s / 2.0;
                let s = match index < grown {
                    true => (2.0 * over_s * index / per_s).sqrt(),
                    false => over_s + (index - grown) / per_s,
                };
                Duration::from_secs_f64(s)
            }
            Arrivals::Herd { within } => within.mul_f64(index / count.max(1) as f64),
        }
    }

    /// The time from the first shopper until just after the last of `count`.
    pub fn span(self, count: usize) -> Duration {
        self.at(count, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_ms(arrivals: Arrivals, index: usize) -> u128 {
        arrivals.at(index, 1_000).as_millis()
    }

    #[test]
    fn a_constant_rate_has_equal_gaps() {
        let arrivals = Arrivals::Constant { per_s: 200.0 };
        assert_eq!(
            [0, 1, 200, 1_000].map(|index| at_ms(arrivals, index)),
            [0, 5, 1_000, 5_000]
        );
    }

    #[test]
    fn a_ramp_grows_to_its_rate_and_stays_there() {
        let over = Duration::from_secs(4);
        let arrivals = Arrivals::Ramp { per_s: 100.0, over };
        // In four seconds half as many come as at the full rate; a quarter of them in the first half.
        assert_eq!(
            [0, 50, 200, 300].map(|index| at_ms(arrivals, index)),
            [0, 2_000, 4_000, 5_000]
        );
    }

    #[test]
    fn a_herd_comes_within_its_moment() {
        let arrivals = Arrivals::Herd {
            within: Duration::from_secs(1),
        };
        assert_eq!(
            [0, 500, 999].map(|index| at_ms(arrivals, index)),
            [0, 500, 999]
        );
        assert_eq!(arrivals.span(1_000), Duration::from_secs(1));
    }
}
