//! Counters whose values the program itself reads: the live page shows what Prometheus scrapes. Each is
//! recorded once, in a counter for Prometheus and in one of ours.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// Counters with values of our own. Their labels are our own routes, statuses and codes: some hundred
/// in all.
const WITH_VALUES: [&str; 7] = [
    "seckill_http_requests_total",
    "seckill_captcha_total",
    "seckill_captcha_answers_total",
    "seckill_path_total",
    "seckill_reserve_total",
    "seckill_orders_written_total",
    "seckill_payments_settled_total",
];

/// A counter as recorded, and its value.
struct ValuedCounter {
    recorded: Counter,
    value: Arc<AtomicU64>,
}

/// The values of those counters. Clones share them.
#[derive(Clone, Default)]
pub struct CounterValues(Arc<RwLock<HashMap<Key, ValuedCounter>>>);

impl CounterValues {
    /// Calls `with` for each counter of this name, with its labels and its value.
    pub fn each(&self, name: &str, mut with: impl FnMut(&Key, u64)) {
        let counters = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (key, counter) in counters.iter().filter(|(key, _)| key.name() == name) {
            with(key, counter.value.load(Ordering::Relaxed));
        }
    }

    fn counter(&self, key: &Key, register: impl FnOnce() -> Counter) -> Counter {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = known.get(key) {
            return counter.recorded.clone();
        }
        drop(known);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let counter = all.entry(key.clone()).or_insert_with(|| {
            let value = Arc::new(AtomicU64::default());
            let both = Both {
                scraped: register(),
                value: value.clone(),
            };
            let recorded = Counter::from_arc(Arc::new(both));
            ValuedCounter { recorded, value }
        });
        counter.recorded.clone()
    }
}

/// Counts in both.
struct Both {
    scraped: Counter,
    value: Arc<AtomicU64>,
}

impl CounterFn for Both {
    fn increment(&self, value: u64) {
        self.scraped.increment(value);
        self.value.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.scraped.absolute(value);
        self.value.fetch_max(value, Ordering::Relaxed);
    }
}

/// A recorder that also keeps the values of some counters.
pub struct ValueRecorder<R> {
    recorder: R,
    values: CounterValues,
}

impl<R> ValueRecorder<R> {
    /// Records with `recorder`, and keeps values in `values`.
    pub fn new(recorder: R, values: CounterValues) -> Self {
        Self { recorder, values }
    }
}

impl<R: Recorder> Recorder for ValueRecorder<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let register = || self.recorder.register_counter(key, metadata);
        match WITH_VALUES.contains(&key.name()) {
            true => self.values.counter(key, register),
            false => register(),
        }
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.recorder.register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.recorder.register_histogram(key, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::recorder;

    #[test]
    fn a_counter_with_a_value_has_the_value_that_is_scraped() {
        let counter_values = CounterValues::default();
        let prometheus = recorder().unwrap();
        let handle = prometheus.handle();
        let recorder = ValueRecorder::new(prometheus, counter_values.clone());
        metrics::with_local_recorder(&recorder, || {
            for _ in 0..3 {
                metrics::counter!("seckill_reserve_total", "outcome" => "held").increment(2);
            }
            metrics::counter!("seckill_reserve_total", "outcome" => "busy").increment(1);
            metrics::counter!("seckill_worker_entries_total", "worker" => "relay").increment(1);
        });
        let mut values = Vec::new();
        counter_values.each("seckill_reserve_total", |_, value| values.push(value));
        values.sort_unstable();
        assert_eq!(values, [1, 6]);
        counter_values.each("seckill_worker_entries_total", |_, _| panic!("no value"));
        let scraped = handle.render();
        for line in [
            "seckill_reserve_total{outcome=\"held\"} 6",
            "seckill_worker_entries_total{worker=\"relay\"} 1",
        ] {
            assert!(scraped.contains(line), "{scraped}");
        }
    }
}
