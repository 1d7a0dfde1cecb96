//! The shoppers' results so far.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::wire::{OrderId, Rejection, ReservationId, Stock};
use hdrhistogram::Histogram;

use super::{
    report::{CallFigures, Figures, Outcomes, Report},
    shop::Shop,
    violations::{Units, violations},
};

/// A purchase that was answered later than this was not served well.
const GOOD: Duration = Duration::from_secs(1);
/// Latencies are recorded to a microsecond up to this, with a precision of a thousandth.
const LONGEST_US: u64 = 600_000_000;

/// The measured calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Page,
    Path,
    Purchase,
    Result,
}

impl Call {
    /// The report's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Call::Page => "page",
            Call::Path => "path",
            Call::Purchase => "purchase",
            Call::Result => "result",
        }
    }
}

/// A shopper's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an order. The position is 0 if the answer with it was lost.
    Ordered {
        position: u32,
        order_id: OrderId,
    },
    /// Given a number, but no order.
    Failed {
        position: u32,
        reason: Option<Rejection>,
    },
    /// Given a number, but nothing more until they gave up.
    NoEnd(ReservationId),
    SoldOut,
    /// Refused with another error of the contract.
    Refused(String),
    /// Busy, or no connection, until they gave up.
    GaveUp(String),
    /// An answer outside the contract.
    Unexpected(String),
}

impl Outcome {
    /// Whether the shopper knows whether they have a unit.
    fn is_an_end(&self) -> bool {
        matches!(
            self,
            Outcome::Ordered { .. } | Outcome::Failed { .. } | Outcome::SoldOut
        )
    }
}

#[derive(Default)]
struct Counts {
    calls: BTreeMap<Call, Calls>,
    outcomes: Vec<Outcome>,
    /// From the planned instant to the answer to the purchase.
    answers: Latencies,
    /// From the planned instant to the final result.
    ends: Latencies,
    good: u64,
}

#[derive(Default)]
struct Calls {
    latencies: Latencies,
    busy: u64,
    broken: u64,
}

/// Microseconds.
struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, 3);
        Self(histogram.expect("these are within the library's bounds"))
    }
}

impl Latencies {
    fn add(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US);
        self.0.saturating_record(us.min(LONGEST_US));
    }

    fn figures(&self) -> Figures {
        let ms = |us: u64| us as f64 / 1000.0;
        let at = |quantile| ms(self.0.value_at_quantile(quantile));
        Figures {
            count: self.0.len(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: ms(self.0.max()),
        }
    }
}

/// The shoppers' results so far.
#[derive(Default)]
pub struct Tally(Mutex<Counts>);

impl Tally {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call was answered, or broke.
    pub fn called(&self, call: Call, latency: Duration) {
        self.counts()
            .calls
            .entry(call)
            .or_default()
            .latencies
            .add(latency);
    }

    /// The shop was busy.
    pub fn busy(&self, call: Call) {
        self.counts().calls.entry(call).or_default().busy += 1;
    }

    /// There was no answer.
    pub fn broken(&self, call: Call) {
        self.counts().calls.entry(call).or_default().broken += 1;
    }

    /// A shopper got a number, or "sold out".
    pub fn answered(&self, after: Duration) {
        let mut counts = self.counts();
        counts.answers.add(after);
        counts.good += u64::from(after <= GOOD);
    }

    /// A shopper has finished.
    pub fn ended(&self, outcome: Outcome, after: Duration) {
        let mut counts = self.counts();
        if outcome.is_an_end() {
            counts.ends.add(after);
        }
        counts.outcomes.push(outcome);
    }

    /// The progress of the run.
    pub fn line(&self, elapsed: Duration, due: usize, count: usize) -> String {
        let counts = self.counts();
        let ended = counts.outcomes.len();
        let ordered = number(&counts.outcomes, |outcome| {
            matches!(outcome, Outcome::Ordered { .. })
        });
        let sold_out = number(&counts.outcomes, |outcome| *outcome == Outcome::SoldOut);
        let busy: u64 = counts
            .calls
            .values()
            .map(|calls| calls.busy + calls.broken)
            .sum();
        format!(
            "{:.0} s: {due} of {count} shoppers came, {ended} have an end: {ordered} orders, {sold_out} sold out; {busy} busy or broken",
            elapsed.as_secs_f64()
        )
    }

    /// The report of a run in which `count` shoppers were planned over `offered`, and which took `took`.
    pub fn report(
        &self,
        shop: &Shop,
        count: usize,
        (offered, took): (Duration, Duration),
        (before, after): (&Stock, &Stock),
        pay_window: Duration,
    ) -> Report {
        let counts = self.counts();
        let outcomes = Outcomes::of(&counts.outcomes);
        // An unpaid order gives its unit back, which is sold again.
        let units = (took < pay_window).then_some(Units {
            total: before.total,
            left: after.sellable,
        });
        let violations = violations(&counts.outcomes, units);
        let calls = counts.calls.iter().map(|(call, calls)| CallFigures {
            call: call.name(),
            busy: calls.busy,
            broken: calls.broken,
            figures: calls.latencies.figures(),
        });
        let answered = outcomes.answered() as f64;
        Report {
            url: shop.url().to_string(),
            item_id: shop.item_id.to_string(),
            shoppers: count,
            seconds: took.as_secs_f64(),
            offered_per_s: count as f64 / offered.as_secs_f64().max(0.001),
            achieved_per_s: answered / took.as_secs_f64().max(0.001),
            goodput_per_s: counts.good as f64 / took.as_secs_f64().max(0.001),
            sellable_before: before.sellable,
            sellable_after: after.sellable,
            outcomes,
            answer: counts.answers.figures(),
            end: counts.ends.figures(),
            calls: calls.collect(),
            compared_with_units: units.is_some(),
            violations,
        }
    }
}

fn number(outcomes: &[Outcome], is: impl Fn(&Outcome) -> bool) -> usize {
    outcomes.iter().filter(|outcome| is(outcome)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_kept_to_a_thousandth() {
        let mut latencies = Latencies::default();
        for ms in 1..=1000 {
            latencies.add(Duration::from_millis(ms));
        }
        let figures = latencies.figures();
        assert!((figures.p50_ms - 500.0).abs() < 1.0, "{figures:?}");
        assert!((figures.p99_ms - 990.0).abs() < 1.0, "{figures:?}");
        assert!((figures.max_ms - 1000.0).abs() < 1.0, "{figures:?}");
    }
}
