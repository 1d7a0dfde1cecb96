//! Purchases by the script on a real Redis: data shared by instances.

use std::sync::Arc;

use app::wire::{ItemId, Rejection, ReservationId};
use futures::future::join_all;
use server::{
    adapters::redis::{Answer, RedisGate, RedisPaths, RedisPurchases, Timeouts},
    engine::ports::{
        Decision, PathClaim, PathGrant, Paths, PortError, Purchased, Purchases, StockGate, Unit,
        Window,
    },
};
use uuid::Uuid;

use super::{Place, assert_busy, buyer, until};
use crate::support::{HOUR_MS, START_MS, TestShop};
use test_servers::redis::{RedisServer, shared};

/// One of several instances over one ledger.
struct Instance {
    gate: Arc<RedisGate>,
    purchases: Arc<RedisPurchases>,
    paths: Arc<RedisPaths>,
}

/// Ids of purchases.
const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const OPEN: Window = Window {
    starts_at_ms: START_MS,
    ends_at_ms: START_MS + HOUR_MS,
    stopped: false,
};

impl Instance {
    /// An instance with this item at its gate.
    async fn of(shop: &TestShop, place: &Place, item_id: ItemId) -> Instance {
        let gate = Arc::new(shop.redis_gate(&place.redis(), Timeouts::default()));
        gate.warm_up(item_id, OPEN).await.unwrap();
        let (purchases, paths) = shop.redis_purchases(&place.redis(), &gate);
        Instance {
            gate,
            purchases,
            paths,
        }
    }
}

impl Instance {
    async fn two(shop: &TestShop, place: &Place, item_id: ItemId) -> [Instance; 2] {
        [
            Instance::of(shop, place, item_id).await,
            Instance::of(shop, place, item_id).await,
        ]
    }
}

fn grant(path: &str, number: u128, item_id: ItemId) -> PathGrant {
    PathGrant {
        path: path.into(),
        unit: Unit {
            buyer: buyer(number),
            item_id,
            reservation_id: ReservationId(Uuid::from_u128(1_000 + number)),
        },
        expires_at_ms: START_MS + 60_000,
        asked: false,
    }
}

fn claim(path: &str, number: u128, item_id: ItemId) -> PathClaim<'_> {
    PathClaim {
        buyer: buyer(number),
        item_id,
        path,
    }
}

#[tokio::test]
async fn a_path_used_many_times_at_two_instances_gives_one_unit() {
    for place in Place::both() {
        let shop = TestShop::open_embedded().await;
        let item = shop.item(5).await;
        let instances = Instance::two(&shop, &place, item).await;
        instances[0].paths.put(grant("a", 1, item)).await.unwrap();
        let found = instances[1].paths.peek(&claim("a", 1, item)).await;
        assert_eq!(found.unwrap(), Some(grant("a", 1, item)));
        let claim = claim("a", 1, item);
        let tries =
            (0..IDS.len()).map(|n| instances[n % 2].gate.purchase(&claim, None, IDS[n], false));
        let answers = join_all(tries).await.into_iter().map(Result::unwrap);
        let held = |answer: &Answer| matches!(answer, Answer::Held { position: 1, .. });
        let (held, invalid): (Vec<_>, Vec<_>) = answers.partition(held);
        assert_eq!((held.len(), invalid.len()), (1, IDS.len() - 1));
        assert!(invalid.iter().all(|answer| *answer == Answer::PathInvalid));
    }
}

#[tokio::test]
async fn only_one_of_many_paths_issued_at_once_is_valid() {
    for place in Place::both() {
        let shop = TestShop::open_embedded().await;
        let item = shop.item(5).await;
        let instances = Instance::two(&shop, &place, item).await;
        let names: Vec<_> = (0..40).map(|n| format!("path{n}")).collect();
        let puts = names.iter().enumerate();
        let puts = puts.map(|(n, name)| instances[n % 2].paths.put(grant(name, 1, item)));
        for put in join_all(puts).await {
            put.unwrap();
        }
        let claims: Vec<_> = names.iter().map(|name| claim(name, 1, item)).collect();
        let valid = join_all(claims.iter().map(|claim| instances[0].paths.peek(claim))).await;
        assert_eq!(valid.into_iter().filter_map(Result::unwrap).count(), 1);
    }
}

#[tokio::test]
async fn instances_count_the_purchases_of_a_buyer_together() {
    for place in Place::both() {
        let shop = TestShop::open_embedded().await;
        let item = shop.item(5).await;
        let instances = Instance::two(&shop, &place, item).await;
        let claim = claim("a", 1, item);
        // At each instance no more than its own limit allows.
        let tries = (0..10).map(|n| instances[n % 2].purchases.purchase(&claim));
        let answers: Vec<_> = join_all(tries)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let invalid = Purchased::Refused(Rejection::PathInvalid);
        let counted = answers.iter().filter(|answer| **answer == invalid).count();
        assert_eq!(counted, 5, "{answers:?}");
    }
}

#[tokio::test]
async fn the_keys_of_paths_and_limits_expire() {
    let place = Place::alone(shared());
    let shop = TestShop::open_embedded().await;
    let item = shop.item(5).await;
    let instance = Instance::of(&shop, &place, item).await;
    let lives = |kind: &str| -> i64 {
        let key = format!("{}:{{{item}}}:{kind}:{}", place.namespace, buyer(1));
        shared().cli(&["pttl", &key]).parse().unwrap()
    };
    instance.paths.put(grant("a", 1, item)).await.unwrap();
    assert!((1..=60_000).contains(&lives("path")));
    let answer = instance.purchases.purchase(&claim("a", 1, item)).await;
    assert!(matches!(answer.unwrap(), Purchased::Held { .. }));
    assert!((1..=60_000).contains(&lives("path")), "it is used up");
    assert!((1..=5_000).contains(&lives("limit")));
}

/// Only the instance knows whether an answer was delivered: with its note the same path gets the same
/// answer at every instance.
#[tokio::test]
async fn a_path_without_an_answer_gets_the_same_answer_at_another_instance() {
    for place in Place::both() {
        let shop = TestShop::open_embedded().await;
        let item = shop.item(1).await;
        let instances = Instance::two(&shop, &place, item).await;
        let lost = claim("a", 1, item);
        instances[0].paths.put(grant("a", 1, item)).await.unwrap();
        let first = instances[0].gate.purchase(&lost, None, "a", false).await;
        assert!(matches!(first.unwrap(), Answer::Held { .. }));
        instances[0]
            .paths
            .note_unanswered(&lost, "a")
            .await
            .unwrap();
        // The other instance's sold-out cache must not answer this buyer.
        instances[1].paths.put(grant("b", 2, item)).await.unwrap();
        let sold_out = instances[1].purchases.purchase(&claim("b", 2, item)).await;
        assert_eq!(sold_out.unwrap(), Purchased::Refused(Rejection::SoldOut));
        assert!(instances[1].purchases.is_sold_out(item));
        let again = instances[1].purchases.purchase(&lost).await.unwrap();
        assert!(
            matches!(again, Purchased::Held { position: 1, .. }),
            "{again:?}"
        );
        let third = instances[1].purchases.purchase(&lost).await.unwrap();
        assert_eq!(
            third,
            Purchased::Refused(Rejection::PathInvalid),
            "it is used up"
        );
    }
}

#[tokio::test]
async fn purchases_are_busy_without_redis_and_paths_are_gone_in_an_empty_one() {
    let server = RedisServer::start();
    let place = Place::alone(&server);
    let shop = TestShop::open_embedded().await;
    let item = shop.item(1).await;
    let instance = Instance::of(&shop, &place, item).await;
    instance.paths.put(grant("a", 1, item)).await.unwrap();
    server.pause();
    assert_busy(instance.paths.peek(&claim("a", 1, item))).await;
    let refused = instance.purchases.purchase(&claim("a", 1, item)).await;
    assert!(
        matches!(refused, Err(PortError::Busy { .. })),
        "{refused:?}"
    );
    server.restart_empty();
    until("Redis answers again", async || {
        let found = instance.paths.peek(&claim("a", 1, item)).await;
        matches!(found, Ok(None))
    })
    .await;
}

/// The library and the network may send a call twice; an instance repeats a call without an answer.
#[tokio::test]
async fn only_calls_of_the_same_purchase_get_the_same_answer() {
    for place in Place::both() {
        let shop = TestShop::open_embedded().await;
        let item = shop.item(5).await;
        let Instance { gate, paths, .. } = Instance::of(&shop, &place, item).await;
        let one = claim("a", 1, item);
        paths.put(grant("a", 1, item)).await.unwrap();
        let held = gate.purchase(&one, None, "first", false).await.unwrap();
        assert!(matches!(held, Answer::Held { position: 1, .. }), "{held:?}");
        for again in [false, true] {
            let repeat = gate.purchase(&one, None, "first", again).await.unwrap();
            assert_eq!(repeat, held);
        }
        let other = gate.purchase(&one, None, "second", false).await.unwrap();
        assert_eq!(other, Answer::PathInvalid);
        paths.note_unanswered(&one, "second").await.unwrap();
        let other = gate.purchase(&one, None, "second", false).await.unwrap();
        assert_eq!(other, Answer::PathInvalid, "the first had its answer");

        // The buyer gets another path while the first purchase waits for its answer.
        let mut another = grant("b", 1, item);
        another.unit.reservation_id = ReservationId(Uuid::from_u128(7));
        paths.put(another).await.unwrap();
        let late = gate.purchase(&one, None, "first", true).await.unwrap();
        assert_eq!(late, held);
        let never = gate.purchase(&one, None, "third", false).await.unwrap();
        assert_eq!(never, Answer::PathInvalid);
        let second = gate
            .purchase(&claim("b", 1, item), None, "fourth", false)
            .await;
        assert!(matches!(
            second.unwrap(),
            Answer::Decided(Decision::AlreadyReserved(_))
        ));
    }
}

#[tokio::test]
async fn a_purchase_executed_late_gets_its_answer_with_the_same_path() {
    let server = RedisServer::start();
    let place = Place::alone(&server);
    let shop = TestShop::open_embedded().await;
    let item = shop.item(2).await;
    let instance = Instance::of(&shop, &place, item).await;
    for (path, number) in [("a", 1), ("b", 2)] {
        instance.paths.put(grant(path, number, item)).await.unwrap();
    }
    // From now on the instance knows how many may ask at a time.
    let first = instance.purchases.purchase(&claim("b", 2, item)).await;
    assert!(
        matches!(first, Ok(Purchased::Held { position: 1, .. })),
        "{first:?}"
    );
    let lost = claim("a", 1, item);
    server.pause();
    let busy = instance.purchases.purchase(&lost).await;
    assert!(matches!(busy, Err(PortError::Busy { .. })), "{busy:?}");
    server.resume();
    until("the answer", async || {
        match instance.purchases.purchase(&lost).await {
            Err(PortError::Busy { .. }) | Ok(Purchased::Limited(_)) => {
                shop.clock.advance(1_000);
                false
            }
            answer => {
                let held = matches!(answer, Ok(Purchased::Held { position: 2, .. }));
                assert!(held, "{answer:?}");
                true
            }
        }
    })
    .await;
    let used = instance.purchases.purchase(&lost).await.unwrap();
    assert!(!matches!(used, Purchased::Held { .. }), "it had its answer");
}
