//! How far this process's sale calls came, from its counters.

use std::collections::BTreeMap;

use app::{
    api::{Captcha, Path},
    routes::pattern,
    wire::{ApiError, Rejection, SaleStep},
};
use metrics::Key;
use server_fn::ServerFn as _;

use super::counters::CounterValues;

/// Counts since the process started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaleTotals {
    /// How often each step happened.
    pub steps: BTreeMap<SaleStep, u64>,
    /// Refused captchas, paths and purchases, by code.
    pub refusals: BTreeMap<String, u64>,
}

/// Outcomes that do not mean the gate decided: the buyer may ask again.
const UNDECIDED: [ApiError; 5] = [
    ApiError::PathInvalid,
    ApiError::NotFound,
    ApiError::Forbidden,
    ApiError::QueueOnly,
    ApiError::ReadingOnly,
];

impl SaleTotals {
    /// The current counts.
    pub fn of(counter_values: &CounterValues) -> Self {
        let mut totals = Self {
            steps: SaleStep::ALL.map(|step| (step, 0)).into(),
            ..Self::default()
        };
        counter_values.each("seckill_http_requests_total", |key, value| {
            totals.count_request(key, value);
        });
        for (name, step, outcome) in [
            ("seckill_captcha_total", SaleStep::CaptchaAsked, "asked"),
            ("seckill_path_total", SaleStep::PathHandedOut, "handed_out"),
            ("seckill_reserve_total", SaleStep::Held, "held"),
        ] {
            counter_values.each(name, |key, value| match label(key, "outcome") {
                found if found == outcome => totals.add(step, value),
                code => *totals.refusals.entry(code.to_owned()).or_default() += value,
            });
        }
        counter_values.each("seckill_reserve_total", |key, value| {
            if is_decision(label(key, "outcome")) {
                totals.add(SaleStep::Decided, value);
            }
        });
        for (name, step, outcome) in [
            (
                "seckill_captcha_answers_total",
                SaleStep::CaptchaRight,
                "right",
            ),
            ("seckill_orders_written_total", SaleStep::Ordered, "ordered"),
            ("seckill_payments_settled_total", SaleStep::Paid, "paid"),
        ] {
            counter_values.each(name, |key, value| {
                if label(key, "outcome") == outcome {
                    totals.add(step, value);
                }
            });
        }
        totals
    }

    fn add(&mut self, step: SaleStep, value: u64) {
        *self.steps.entry(step).or_default() += value;
    }

    /// Requests are counted by route and status, including requests refused by the per-address limit.
    fn count_request(&mut self, key: &Key, value: u64) {
        if ![Captcha::PATH, Path::PATH, pattern::PURCHASE].contains(&label(key, "route")) {
            return;
        }
        self.add(SaleStep::Offered, value);
        match label(key, "status") {
            "503" => self.add(SaleStep::Shed, value),
            "429" => self.add(SaleStep::Limited, value),
            _ => {}
        }
    }
}

/// Whether this outcome tells the buyer yes or no.
fn is_decision(outcome: &str) -> bool {
    let undecided = UNDECIDED.iter().map(ApiError::code);
    let others = [Rejection::Busy.code(), "rate_limited", "internal"];
    !undecided.chain(others).any(|code| code == outcome)
}

fn label<'a>(key: &'a Key, name: &str) -> &'a str {
    let found = key.labels().find(|label| label.key() == name);
    found.map_or("", metrics::Label::value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{counters::ValueRecorder, metrics::recorder};

    #[test]
    fn calls_are_counted_as_far_as_they_came() {
        let counter_values = CounterValues::default();
        let recorder = ValueRecorder::new(recorder().unwrap(), counter_values.clone());
        metrics::with_local_recorder(&recorder, || {
            for (route, status, count) in [
                ("/api/captcha", "200", 5),
                ("/api/path", "503", 2),
                ("/seckill/{path}", "429", 3),
                ("/", "503", 90),
            ] {
                metrics::counter!("seckill_http_requests_total", "route" => route, "status" => status)
                    .increment(count);
            }
            metrics::counter!("seckill_captcha_total", "outcome" => "sold_out").increment(1);
            for (outcome, count) in [
                ("held", 4),
                ("sold_out", 6),
                ("busy", 2),
                ("path_invalid", 1),
            ] {
                metrics::counter!("seckill_reserve_total", "outcome" => outcome).increment(count);
            }
            metrics::counter!("seckill_payments_settled_total", "outcome" => "known").increment(1);
            metrics::counter!("seckill_payments_settled_total", "outcome" => "paid").increment(2);
        });
        let totals = SaleTotals::of(&counter_values);
        let step = |step: SaleStep| totals.steps[&step];
        assert_eq!(step(SaleStep::Offered), 10);
        assert_eq!((step(SaleStep::Shed), step(SaleStep::Limited)), (2, 3));
        assert_eq!((step(SaleStep::Decided), step(SaleStep::Held)), (10, 4));
        assert_eq!((step(SaleStep::Ordered), step(SaleStep::Paid)), (0, 2));
        let refusals: Vec<_> = totals.refusals.iter().collect();
        let expected = [("busy", 2), ("path_invalid", 1), ("sold_out", 7)];
        let expected = expected.map(|(code, count)| (code.to_owned(), count));
        assert_eq!(
            refusals,
            expected
                .iter()
                .map(|(code, count)| (code, count))
                .collect::<Vec<_>>()
        );
    }
}
