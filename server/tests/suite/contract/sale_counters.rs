//! The contract of [`SaleCounters`](server::engine::ports::SaleCounters).

use app::wire::{Count, SaleStep};
use server::telemetry::{counters::ValueRecorder, metrics::recorder};

use crate::support::{TestShop, eventually};

#[tokio::test]
async fn an_instance_reports_its_counts_and_start() {
    let shop = TestShop::new().await;
    let counters = &shop.engine.live.counters;
    let recorder = ValueRecorder::new(recorder().unwrap(), shop.counter_values.clone());
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("seckill_reserve_total", "outcome" => "held").increment(3);
        metrics::counter!("seckill_reserve_total", "outcome" => "sold_out").increment(2);
    });
    let own = eventually("an instance that has counted", async || {
        let all = counters.of_instances().await.unwrap();
        let [one] = &all[..] else {
            return None;
        };
        (one.counts.step(SaleStep::Held).total == 3).then(|| one.clone())
    })
    .await;
    let count = |total| Count {
        total,
        last_10_s: total,
    };
    assert_eq!(own.counts.step(SaleStep::Held), count(3));
    assert_eq!(own.counts.step(SaleStep::Decided), count(5));
    assert_eq!(own.counts.step(SaleStep::Paid), count(0));
    assert_eq!(own.counts.refusals["sold_out"], count(2));
    assert_eq!(own.instance.started_at_ms, shop.clock.get());
}
