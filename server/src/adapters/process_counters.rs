//! This process's counts of a sale, in total and in the last ten seconds. An embedded shop has only
//! this process; in a cluster each instance reports to the others.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::wire::{Count, Instance, SaleCounts};
use async_trait::async_trait;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    engine::ports::{InstanceCounts, PortError, SaleCounters},
    telemetry::sale::SaleTotals,
};

/// Time between two samples.
pub const SAMPLE_PERIOD: Duration = Duration::from_secs(1);
/// Samples kept: the oldest is ten periods older than the newest.
const SAMPLES: usize = 11;

/// Returns the counts since the process started.
pub type Source = Arc<dyn Fn() -> SaleTotals + Send + Sync>;

/// The counters of this process. Clones share them.
#[derive(Clone)]
pub struct ProcessCounters(Arc<Inner>);

struct Inner {
    instance: Instance,
    source: Source,
    samples: Mutex<VecDeque<SaleTotals>>,
}

impl ProcessCounters {
    /// Counters of a process that has just started.
    pub fn new(started_at_ms: i64, source: Source) -> Self {
        let instance = Instance {
            instance_id: Uuid::now_v7(),
            started_at_ms,
        };
        // Nothing was counted before the start.
        let samples = Mutex::new(VecDeque::from([SaleTotals::default()]));
        Self(Arc::new(Inner {
            instance,
            source,
            samples,
        }))
    }

    /// Call this once a period.
    pub fn sample(&self) {
        let totals = (self.0.source)();
        let mut samples = self
            .0
            .samples
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if samples.len() >= SAMPLES {
            samples.pop_front();
        }
        samples.push_back(totals);
    }

    /// Takes samples for ever.
    pub async fn keep_sampling(self) {
        loop {
            self.sample();
            sleep(SAMPLE_PERIOD).await;
        }
    }

    /// This process's own counts.
    pub fn own(&self) -> InstanceCounts {
        let totals = (self.0.source)();
        let samples = self
            .0
            .samples
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = samples.front().cloned().unwrap_or_default();
        InstanceCounts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            instance: self.0.instance,
            counts: SaleCounts {
                steps: since(&totals.steps, &before.steps),
                refusals: since(&totals.refusals, &before.refusals),
            },
            oldest_held_at_ms: None,
        }
    }
}

fn since<K: Ord + Clone>(
    totals: &BTreeMap<K, u64>,
    before: &BTreeMap<K, u64>,
) -> BTreeMap<K, Count> {
    let counts = totals.iter().map(|(key, total)| {
        let before = before.get(key).copied().unwrap_or_default();
        let count = Count {
            total: *total,
            last_10_s: total.saturating_sub(before),
        };
        (key.clone(), count)
    });
    counts.collect()
}

#[async_trait]
impl SaleCounters for ProcessCounters {
    async fn of_instances(&self) -> Result<Vec<InstanceCounts>, PortError> {
        Ok(vec![self.own()])
    }
}
