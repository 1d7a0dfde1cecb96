//! The report of a run.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use super::tally::Outcome;

/// Numbers of shoppers by outcome.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    pub ordered: u64,
    pub sold_out: u64,
    /// Given a number, but no order.
    pub failed: u64,
    /// Given a number, but no final result.
    pub no_end: u64,
    /// Busy or broken connections until the shopper gave up.
    pub gave_up: u64,
    pub unexpected: u64,
    /// By error code.
    pub refused: BTreeMap<String, u64>,
}

impl Outcomes {
    /// Counts each kind.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut counted = Self::default();
        for outcome in outcomes {
            match outcome {
                Outcome::Ordered { .. } => counted.ordered += 1,
                Outcome::SoldOut => counted.sold_out += 1,
                Outcome::Failed { .. } => counted.failed += 1,
                Outcome::NoEnd(_) => counted.no_end += 1,
                Outcome::GaveUp(_) => counted.gave_up += 1,
                Outcome::Unexpected(_) => counted.unexpected += 1,
                Outcome::Refused(word) => *counted.refused.entry(word.clone()).or_default() += 1,
            }
        }
        counted
    }

    /// How many were given a number or told "sold out".
    pub fn answered(&self) -> u64 {
        self.ordered + self.failed + self.no_end + self.sold_out
    }
}

/// Latencies in milliseconds.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub count: u64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
}

impl Figures {
    /// From the median to the longest, each formatted by `text`.
    fn each(&self, text: impl Fn(f64) -> String) -> String {
        let columns = [
            self.p50_ms,
            self.p90_ms,
            self.p99_ms,
            self.p999_ms,
            self.max_ms,
        ];
        columns.map(text).concat()
    }
}

#[derive(Debug, Serialize)]
pub struct CallFigures {
    pub call: &'static str,
    pub busy: u64,
    pub broken: u64,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The results of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    pub url: String,
    pub item_id: String,
    pub shoppers: usize,
    pub seconds: f64,
    /// Shoppers planned a second.
    pub offered_per_s: f64,
    /// Shoppers a second whose purchase was decided.
    pub achieved_per_s: f64,
    /// Those of them who were answered within a second of their planned instant.
    pub goodput_per_s: f64,
    pub sellable_before: u32,
    pub sellable_after: u32,
    pub outcomes: Outcomes,
    /// From the planned instant to the answer to the purchase.
    pub answer: Figures,
    /// From the planned instant to the order, or to "sold out".
    pub end: Figures,
    pub calls: Vec<CallFigures>,
    /// Whether orders were compared with units. In a run longer than the time to pay, units may have come back.
    pub compared_with_units: bool,
    /// Promises that the shop broke; a good run has none.
    pub violations: Vec<String>,
}

impl Report {
    fn rows(&self) -> impl Iterator<Item = (&'static str, &Figures, u64, u64)> {
        let calls = self
            .calls
            .iter()
            .map(|call| (call.call, &call.figures, call.busy, call.broken));
        let ways = [
            ("to the answer", &self.answer, 0, 0),
            ("to the end", &self.end, 0, 0),
        ];
        calls.chain(ways)
    }

    /// For people.
    pub fn table(&self) -> String {
        let Outcomes {
            ordered,
            sold_out,
            failed,
            no_end,
            gave_up,
            unexpected,
            refused,
        } = &self.outcomes;
        let mut text = format!(
            "{} shoppers in {:.1} s: offered {:.0}/s, achieved {:.0}/s, goodput {:.0}/s\n\
             {ordered} orders, {sold_out} sold out, {failed} failed, {no_end} without an end, {gave_up} gave up, {unexpected} unexpected\n",
            self.shoppers,
            self.seconds,
            self.offered_per_s,
            self.achieved_per_s,
            self.goodput_per_s
        );
        for (word, count) in refused {
            let _ = writeln!(text, "{count} refused: {word}");
        }
        let _ = writeln!(
            text,
            "{:<14} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7}",
            "milliseconds", "count", "p50", "p90", "p99", "p99.9", "max", "busy", "broken"
        );
        for (name, figures, busy, broken) in self.rows() {
            let count = figures.count;
            let _ = writeln!(
                text,
                "{name:<14} {count:>9}{} {busy:>7} {broken:>7}",
                figures.each(|ms| format!(" {ms:>9.1}"))
            );
        }
        if !self.compared_with_units {
            text.push_str(
                "orders were not compared with units: the run took longer than the time to pay\n",
            );
        }
        match self.violations.as_slice() {
            [] => text.push_str("everything that was promised was kept"),
            found => {
                for violation in found {
                    let _ = writeln!(text, "VIOLATION: {violation}");
                }
            }
        }
        text
    }

    /// The latencies, one line for each call, by RFC 4180.
    pub fn csv(&self) -> String {
        let mut text = "call,count,p50_ms,p90_ms,p99_ms,p999_ms,max_ms,busy,broken\r\n".to_owned();
        for (name, figures, busy, broken) in self.rows() {
            let count = figures.count;
            let _ = write!(
                text,
                "{name},{count}{},{busy},{broken}\r\n",
                figures.each(|ms| format!(",{ms:.3}"))
            );
        }
        text
    }
}
