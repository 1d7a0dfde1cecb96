//! The contract of [`Paths`].

use app::wire::{AccountId, ItemId, ReservationId};
use futures::future::join_all;
use server::engine::ports::{PathGrant, Unit};
use uuid::Uuid;

use crate::support::{START_MS, TestShop};

fn grant(path: &str, buyer: u128) -> PathGrant {
    PathGrant {
        path: path.into(),
        unit: Unit {
            buyer: AccountId(Uuid::from_u128(buyer)),
            item_id: ItemId(Uuid::from_u128(1)),
            reservation_id: ReservationId(Uuid::from_u128(2)),
        },
        expires_at_ms: START_MS + 60_000,
        asked: false,
    }
}

#[tokio::test]
async fn known_failure_13_a_path_is_taken_once_however_many_try() {
    let shop = TestShop::new().await;
    let paths = &shop.engine.purchase.paths;
    paths.put(grant("a", 1)).await.unwrap();
    assert_eq!(paths.peek("a").await.unwrap(), Some(grant("a", 1)));
    let takes = join_all((0..20).map(|_| paths.take("a"))).await;
    assert_eq!(
        takes
            .into_iter()
            .filter(|take| take.as_ref().unwrap().is_some())
            .count(),
        1
    );
    assert_eq!(paths.peek("a").await.unwrap(), None);
}

#[tokio::test]
async fn a_new_path_replaces_the_buyers_earlier_one_and_nobody_elses() {
    let shop = TestShop::new().await;
    let paths = &shop.engine.purchase.paths;
    for (path, buyer) in [("a", 1), ("b", 2), ("c", 1)] {
        paths.put(grant(path, buyer)).await.unwrap();
    }
    assert_eq!(paths.take("a").await.unwrap(), None);
    assert_eq!(paths.take("b").await.unwrap(), Some(grant("b", 2)));
    assert_eq!(paths.take("c").await.unwrap(), Some(grant("c", 1)));
}

#[tokio::test]
async fn a_path_that_got_no_fair_answer_is_put_back_and_good_once_more() {
    let shop = TestShop::new().await;
    let paths = &shop.engine.purchase.paths;
    paths.put(grant("a", 1)).await.unwrap();
    for _ in 0..3 {
        let taken = paths.take("a").await.unwrap().unwrap();
        assert_eq!(paths.peek("a").await.unwrap(), None);
        paths.put(taken).await.unwrap();
        assert_eq!(paths.peek("a").await.unwrap(), Some(grant("a", 1)));
    }
}

#[tokio::test]
async fn a_buyer_has_one_path_for_each_item() {
    let shop = TestShop::new().await;
    let paths = &shop.engine.purchase.paths;
    let mut other = grant("b", 1);
    other.unit.item_id = ItemId(Uuid::from_u128(9));
    paths.put(grant("a", 1)).await.unwrap();
    paths.put(other.clone()).await.unwrap();
    assert_eq!(paths.take("a").await.unwrap(), Some(grant("a", 1)));
    assert_eq!(paths.take("b").await.unwrap(), Some(other));
}

#[tokio::test]
async fn a_path_from_before_the_start_is_kept_until_it_expires() {
    let shop = TestShop::new().await;
    let paths = &shop.engine.purchase.paths;
    let early = PathGrant {
        expires_at_ms: START_MS + 120_000,
        ..grant("early", 1)
    };
    paths.put(early.clone()).await.unwrap();
    paths.put(grant("late", 2)).await.unwrap();
    shop.clock.advance(119_999);
    // Stores drop what has expired as something new comes in.
    let new = PathGrant {
        expires_at_ms: START_MS + 180_000,
        ..grant("new", 3)
    };
    paths.put(new).await.unwrap();
    assert_eq!(paths.peek("early").await.unwrap(), Some(early.clone()));
    assert_eq!(paths.take("early").await.unwrap(), Some(early));
}
