//! The stores of short-lived data on a real Redis: shared by instances, the same on a Redis
//! Cluster, and with defined results when Redis does not answer.

mod captchas;
mod catalogue;
mod clock;
mod memory_policy;
mod purchases;
mod results;
mod sale_counters;
mod signals;
mod tokens;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::{AccountId, ItemId};
use futures::future::join_all;
use server::{
    adapters::{
        quotas::{NoLimits, Quotas},
        redis::{Redis, RedisLimits},
    },
    engine::ports::{Clock, Limit, Limits, PortError},
};
use uuid::Uuid;

use test_servers::redis::{RedisServer, shared, shared_cluster};

use crate::support::{ManualClock, START_MS};

/// An instance's settings for Redis.
#[derive(Clone)]
struct Place {
    urls: Vec<String>,
    namespace: String,
}

impl Place {
    fn on(urls: Vec<String>) -> Place {
        let namespace = format!("test-{}", Uuid::now_v7().simple());
        Place { urls, namespace }
    }

    fn alone(server: &RedisServer) -> Place {
        Place::on(vec![server.url()])
    }

    /// One Redis, and a Redis Cluster.
    fn both() -> [Place; 2] {
        [Place::alone(shared()), Place::on(shared_cluster().urls())]
    }

    /// The connection of an instance.
    fn redis(&self) -> Redis {
        Redis::new(&self.urls, &self.namespace).unwrap()
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START_MS))
}

fn buyer(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

fn item(number: u128) -> ItemId {
    ItemId(Uuid::from_u128(number))
}

/// Waits for a condition; fails after ten seconds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "not within 10 s: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A call that Redis does not answer returns busy, quickly.
async fn assert_busy<T>(call: impl Future<Output = Result<T, PortError>>) {
    let started_at = Instant::now();
    let answer = call.await;
    let took = started_at.elapsed();
    assert!(matches!(answer, Err(PortError::Busy { .. })), "{took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

fn limits(place: &Place, clock: &Arc<ManualClock>) -> RedisLimits {
    let clock: Arc<dyn Clock> = clock.clone();
    RedisLimits::new(place.redis(), clock, Quotas::default(), NoLimits::default())
}

#[tokio::test]
async fn instances_count_a_buyer_together_and_allow_a_buyer_who_waited() {
    for place in Place::both() {
        let clock = clock();
        let instances = [limits(&place, &clock), limits(&place, &clock)];
        let limit = Limit::Captcha(buyer(1));
        let counted = join_all((0..50).map(|n| instances[n % 2].count(&limit))).await;
        let counted = counted.into_iter().map(Result::unwrap);
        assert_eq!(counted.filter(Option::is_none).count(), 5);

        let over = instances[0].count(&limit).await.unwrap().unwrap();
        assert!((1..=1000).contains(&over.wait_ms), "{over:?}");
        clock.advance(over.wait_ms - 1);
        assert_ne!(instances[1].count(&limit).await.unwrap(), None);
        clock.advance(1);
        assert_eq!(instances[0].count(&limit).await.unwrap(), None);
        assert_ne!(instances[1].count(&limit).await.unwrap(), None);
    }
}

#[tokio::test]
async fn each_action_and_each_buyer_is_counted_apart() {
    let place = Place::alone(shared());
    let limits = limits(&place, &clock());
    let used_up = Limit::Path(buyer(1));
    while limits.count(&used_up).await.unwrap().is_none() {}
    for free in [
        Limit::Path(buyer(2)),
        Limit::Purchase(buyer(1)),
        Limit::Captcha(buyer(1)),
        Limit::Cancel(buyer(1)),
        Limit::Account("13900000001".into()),
        Limit::SignIn("10.0.0.1".parse().unwrap()),
    ] {
        assert_eq!(limits.count(&free).await.unwrap(), None, "{free:?}");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_refuses_nobody_for_long() {
    let place = Place::alone(shared());
    let clock = clock();
    let limits = limits(&place, &clock);
    let limit = Limit::Path(buyer(1));
    for _ in 0..5 {
        assert_eq!(limits.count(&limit).await.unwrap(), None);
    }
    clock.advance(-3_600_000);
    let over = limits.count(&limit).await.unwrap().unwrap();
    assert!(over.wait_ms <= 1000, "{over:?}");
}

#[tokio::test]
async fn without_redis_limits_are_busy_but_one_can_sign_in_and_is_still_counted() {
    let server = RedisServer::start();
    let limits = limits(&Place::alone(&server), &clock());
    let path = Limit::Path(buyer(1));
    assert_eq!(limits.count(&path).await.unwrap(), None);
    server.pause();
    assert_busy(limits.count(&path)).await;
    server.kill();
    assert_busy(limits.count(&path)).await;
    let address = Limit::Address("10.0.0.1".parse().unwrap());
    assert_eq!(limits.count(&address).await.unwrap(), None);
    let sign_in = Limit::SignIn("10.0.0.1".parse().unwrap());
    for _ in 0..5 {
        assert_eq!(limits.count(&sign_in).await.unwrap(), None);
    }
    assert_ne!(limits.count(&sign_in).await.unwrap(), None);
    server.restart();
    until("Redis answers again", async || {
        matches!(limits.count(&path).await, Ok(None))
    })
    .await;
}
