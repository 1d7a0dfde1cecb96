//! The contract of [`Purchases`] and [`Paths`].

use app::wire::{AccountId, ItemId, Rejection, ReservationId};
use futures::future::join_all;
use server::engine::ports::{PathClaim, PathGrant, Paths, Purchased, Purchases, Unit};
use uuid::Uuid;

use crate::support::{HOUR_MS, START_MS, TestShop};

const INVALID: Purchased = Purchased::Refused(Rejection::PathInvalid);

fn buyer(number: u32) -> AccountId {
    AccountId(Uuid::from_u128(u128::from(number)))
}

fn grant(path: &str, number: u32, item_id: ItemId) -> PathGrant {
    PathGrant {
        path: path.into(),
        unit: Unit {
            buyer: buyer(number),
            item_id,
            reservation_id: reservation(path),
        },
        expires_at_ms: START_MS + 60_000,
        asked: false,
    }
}

/// The reservation that a path of these tests makes.
fn reservation(path: &str) -> ReservationId {
    let bytes = path.bytes().fold(1, |id, byte| id << 8 | u128::from(byte));
    ReservationId(Uuid::from_u128(bytes))
}

fn claim(path: &str, number: u32, item_id: ItemId) -> PathClaim<'_> {
    PathClaim {
        buyer: buyer(number),
        item_id,
        path,
    }
}

fn paths(shop: &TestShop) -> &dyn Paths {
    &*shop.engine.purchase.paths
}

fn purchases(shop: &TestShop) -> &dyn Purchases {
    &*shop.engine.purchase.purchases
}

on_the_stack_and_on_redis! {
    known_failure_13_a_path_buys_once_even_with_concurrent_calls,
    a_new_path_replaces_only_the_buyers_earlier_one,
    a_buyer_has_one_path_for_each_item,
    a_path_from_before_the_start_is_kept_until_it_expires,
    a_path_that_is_used_before_the_start_is_not_used_up,
    only_the_buyer_of_a_path_uses_it_and_only_for_its_item,
    a_path_is_used_up_by_a_refusal_of_the_gate,
    a_holder_is_told_the_existing_reservation,
    a_known_sold_out_item_uses_up_no_path,
    concurrent_calls_do_not_exceed_the_limit,
}

async fn known_failure_13_a_path_buys_once_even_with_concurrent_calls(shop: TestShop) {
    let item = shop.item(5).await;
    paths(&shop).put(grant("a", 1, item)).await.unwrap();
    let found = paths(&shop).peek(&claim("a", 1, item)).await.unwrap();
    assert_eq!(found, Some(grant("a", 1, item)));
    let tries = (0..5).map(|_| async { purchases(&shop).purchase(&claim("a", 1, item)).await });
    let answers: Vec<_> = join_all(tries)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let held = Purchased::Held {
        reservation_id: reservation("a"),
        position: 1,
    };
    let times = |answer| answers.iter().filter(|given| **given == answer).count();
    assert_eq!((times(held), times(INVALID)), (1, 4), "{answers:?}");
    assert_eq!(paths(&shop).peek(&claim("a", 1, item)).await.unwrap(), None);
}

async fn a_new_path_replaces_only_the_buyers_earlier_one(shop: TestShop) {
    let item = shop.item(5).await;
    for (path, number) in [("a", 1), ("b", 2), ("c", 1)] {
        paths(&shop).put(grant(path, number, item)).await.unwrap();
    }
    let ask = async |path, number| {
        let claim = claim(path, number, item);
        purchases(&shop).purchase(&claim).await.unwrap()
    };
    assert_eq!(ask("a", 1).await, INVALID);
    assert!(matches!(
        ask("b", 2).await,
        Purchased::Held { position: 1, .. }
    ));
    assert!(matches!(
        ask("c", 1).await,
        Purchased::Held { position: 2, .. }
    ));
}

async fn a_buyer_has_one_path_for_each_item(shop: TestShop) {
    let (item, other) = (shop.item(5).await, shop.item(5).await);
    for (path, item) in [("a", item), ("b", other)] {
        paths(&shop).put(grant(path, 1, item)).await.unwrap();
    }
    for (path, item) in [("a", item), ("b", other)] {
        let answer = purchases(&shop).purchase(&claim(path, 1, item)).await;
        assert!(matches!(
            answer.unwrap(),
            Purchased::Held { position: 1, .. }
        ));
    }
}

async fn a_path_from_before_the_start_is_kept_until_it_expires(shop: TestShop) {
    let item = shop.item(5).await;
    let early = PathGrant {
        expires_at_ms: START_MS + 120_000,
        ..grant("early", 1, item)
    };
    paths(&shop).put(early.clone()).await.unwrap();
    paths(&shop).put(grant("late", 2, item)).await.unwrap();
    shop.clock.advance(119_999);
    // Stores drop expired values when new ones are added.
    let new = PathGrant {
        expires_at_ms: START_MS + 180_000,
        ..grant("new", 3, item)
    };
    paths(&shop).put(new).await.unwrap();
    let late = purchases(&shop).purchase(&claim("late", 2, item)).await;
    assert_eq!(late.unwrap(), INVALID);
    let found = paths(&shop).peek(&claim("early", 1, item)).await.unwrap();
    assert_eq!(found, Some(early));
    let early = purchases(&shop).purchase(&claim("early", 1, item)).await;
    assert!(matches!(early.unwrap(), Purchased::Held { .. }));
    shop.clock.advance(60_001);
    let found = paths(&shop).peek(&claim("new", 3, item)).await.unwrap();
    assert_eq!(found, None);
}

async fn a_path_that_is_used_before_the_start_is_not_used_up(shop: TestShop) {
    let opens_at_ms = START_MS + 10_000;
    let item = shop.item_in(1, opens_at_ms, START_MS + HOUR_MS, None).await;
    let ask = async || {
        let claim = claim("a", 1, item);
        purchases(&shop).purchase(&claim).await.unwrap()
    };
    paths(&shop).put(grant("a", 1, item)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ask().await, Purchased::Refused(Rejection::NotStarted));
    }
    shop.clock.advance(10_000);
    assert!(matches!(ask().await, Purchased::Held { .. }));
    assert_eq!(ask().await, INVALID);
}

async fn only_the_buyer_of_a_path_uses_it_and_only_for_its_item(shop: TestShop) {
    let (item, other) = (shop.item(5).await, shop.item(5).await);
    paths(&shop).put(grant("a", 1, item)).await.unwrap();
    let absurd = "a".repeat(100_000);
    for wrong in [
        claim("a", 2, item),
        claim("a", 1, other),
        claim("b", 1, item),
        claim("", 1, item),
        claim("a|", 1, item),
        claim(&absurd, 1, item),
    ] {
        assert_eq!(purchases(&shop).purchase(&wrong).await.unwrap(), INVALID);
        shop.clock.advance(1_000);
    }
    let nowhere = claim("a", 1, ItemId(Uuid::from_u128(99)));
    assert_eq!(purchases(&shop).purchase(&nowhere).await.unwrap(), INVALID);
    let right = purchases(&shop).purchase(&claim("a", 1, item)).await;
    assert!(matches!(right.unwrap(), Purchased::Held { .. }));
}

async fn a_path_is_used_up_by_a_refusal_of_the_gate(shop: TestShop) {
    let item = shop.item_in(1, START_MS, START_MS + 5_000, None).await;
    paths(&shop).put(grant("a", 1, item)).await.unwrap();
    shop.clock.advance(5_000);
    let ended = purchases(&shop).purchase(&claim("a", 1, item)).await;
    assert_eq!(ended.unwrap(), Purchased::Refused(Rejection::Ended));
    let again = purchases(&shop).purchase(&claim("a", 1, item)).await;
    assert_eq!(again.unwrap(), INVALID);
}

async fn a_holder_is_told_the_existing_reservation(shop: TestShop) {
    let item = shop.item(5).await;
    let mut answers = Vec::new();
    for path in ["a", "b"] {
        paths(&shop).put(grant(path, 1, item)).await.unwrap();
        let answer = purchases(&shop).purchase(&claim(path, 1, item)).await;
        answers.push(answer.unwrap());
    }
    assert!(matches!(answers[0], Purchased::Held { .. }));
    assert_eq!(answers[1], Purchased::AlreadyReserved(reservation("a")));
    let again = purchases(&shop).purchase(&claim("b", 1, item)).await;
    assert_eq!(again.unwrap(), INVALID, "it got its answer");
}

async fn a_known_sold_out_item_uses_up_no_path(shop: TestShop) {
    let item = shop.item(1).await;
    for (path, number) in [("a", 1), ("b", 2), ("c", 3)] {
        paths(&shop).put(grant(path, number, item)).await.unwrap();
    }
    let ask = async |path, number| {
        let claim = claim(path, number, item);
        purchases(&shop).purchase(&claim).await.unwrap()
    };
    let sold_out = Purchased::Refused(Rejection::SoldOut);
    assert!(matches!(ask("a", 1).await, Purchased::Held { .. }));
    assert_eq!(ask("b", 2).await, sold_out);
    assert!(purchases(&shop).is_sold_out(item));
    assert_eq!(ask("b", 2).await, INVALID, "the gate had answered");
    for _ in 0..2 {
        assert_eq!(ask("c", 3).await, sold_out, "this process had");
    }
    assert_eq!(ask("d", 3).await, INVALID);
}

async fn concurrent_calls_do_not_exceed_the_limit(shop: TestShop) {
    let item = shop.item(1).await;
    let tries = (0..50).map(|_| async { purchases(&shop).purchase(&claim("a", 1, item)).await });
    let answers: Vec<_> = join_all(tries)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let passed = answers.iter().filter(|answer| **answer == INVALID).count();
    assert_eq!(passed, 5, "{answers:?}");
    let Some(Purchased::Limited(over)) = answers.iter().find(|answer| **answer != INVALID) else {
        panic!("{answers:?}");
    };
    shop.clock.advance(over.wait_ms);
    let allowed = purchases(&shop).purchase(&claim("a", 1, item)).await;
    assert_eq!(allowed.unwrap(), INVALID);
}
