//! Instances' counts of a sale, added up through Redis.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use app::wire::{Count, SaleCounts, SaleStep};
use server::{
    adapters::{process_counters::ProcessCounters, redis::RedisSaleCounters},
    engine::ports::SaleCounters as _,
    telemetry::sale::SaleTotals,
};
use test_servers::redis::RedisServer;

use super::{Place, clock};
use crate::support::{ManualClock, START_MS, TestShop};

/// An instance that has held this many units.
async fn instance(
    place: &Place,
    clock: &Arc<ManualClock>,
    shop: &TestShop,
) -> (RedisSaleCounters, Arc<AtomicU64>, ProcessCounters) {
    let held = Arc::new(AtomicU64::default());
    let counted = held.clone();
    let source = move || SaleTotals {
        steps: [(SaleStep::Held, counted.load(Ordering::Relaxed))].into(),
        ..SaleTotals::default()
    };
    let own = ProcessCounters::new(START_MS, Arc::new(source));
    let queue = shop.engine.live.queue.clone();
    let counters = RedisSaleCounters::new(place.redis(), own.clone(), queue, clock.clone());
    (counters, held, own)
}

async fn held(counters: &RedisSaleCounters) -> (usize, Count) {
    let mut sum = SaleCounts::default();
    let all = counters.of_instances().await.unwrap();
    for one in &all {
        sum.add(&one.counts);
    }
    (all.len(), sum.step(SaleStep::Held))
}

#[tokio::test]
async fn counts_of_all_instances_are_added_up_until_one_is_silent() {
    let shop = TestShop::open_embedded().await;
    for place in Place::both() {
        let clock = clock();
        let (first, first_held, counted) = instance(&place, &clock, &shop).await;
        let (second, second_held, _) = instance(&place, &clock, &shop).await;
        assert_eq!(held(&first).await, (0, Count::default()));
        first_held.store(3, Ordering::Relaxed);
        second_held.store(4, Ordering::Relaxed);
        first.note().await.unwrap();
        second.note().await.unwrap();
        let both = Count {
            total: 7,
            last_10_s: 7,
        };
        assert_eq!(held(&first).await, (2, both));
        assert_eq!(held(&second).await, (2, both));
        // Ten seconds later the same three count only in the total.
        counted.sample();
        for _ in 0..10 {
            clock.advance(1_000);
            counted.sample();
            first.note().await.unwrap();
        }
        let alone = Count {
            total: 3,
            last_10_s: 0,
        };
        assert_eq!(held(&second).await, (1, alone));
    }
}

#[tokio::test]
async fn a_redis_that_does_not_answer_gives_an_error_instead_of_zero() {
    let shop = TestShop::open_embedded().await;
    let server = RedisServer::start();
    let (counters, ..) = instance(&Place::alone(&server), &clock(), &shop).await;
    counters.note().await.unwrap();
    server.kill();
    assert!(counters.of_instances().await.is_err());
    assert!(counters.note().await.is_err());
}
