//! The outbox on Redis, read by several relays.

use std::{sync::Arc, time::Duration};

use server::engine::ports::{Outbox, OutboxEntry, StockGate};

use test_servers::redis::shared;

use super::{cli, connect, hold, reserve};

use crate::support::{HOUR_MS, OUTBOX_IDLE, START_MS, TestShop, eventually};

fn buyers(entries: &[OutboxEntry]) -> Vec<u128> {
    let mut buyers: Vec<_> = entries
        .iter()
        .map(|entry| entry.reservation.buyer.0.as_u128())
        .collect();
    buyers.sort_unstable();
    buyers
}

#[tokio::test]
async fn an_entry_carries_everything_the_queue_needs() {
    let redis = connect("entry");
    let shop = TestShop::over(redis).await;
    let item = shop.item(5).await;
    shop.clock.advance(7);
    reserve(&shop.gate(), hold(item, 3)).await;
    let taken = shop
        .engine
        .orders
        .outbox
        .as_ref()
        .unwrap()
        .take(10)
        .await
        .unwrap();
    let [entry] = &taken[..] else {
        panic!("{taken:?}");
    };
    let (entry, request) = (&entry.reservation, hold(item, 3));
    assert_eq!(entry.unit(), request.unit());
    assert_eq!(entry.path, request.path);
    assert_eq!((entry.position, entry.held_at_ms), (1, START_MS + 7));
}

#[tokio::test]
async fn a_relay_gets_entries_that_it_could_not_forward_again_at_once() {
    let redis = connect("again");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(5).await;
    for number in 1..=3 {
        reserve(&shop.gate(), hold(item, number)).await;
    }
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    let taken = outbox.take(2).await.unwrap();
    assert_eq!(buyers(&taken), [1, 2], "oldest first");
    let again = outbox.take(10).await.unwrap();
    assert_eq!(buyers(&again), [1, 2, 3]);
    outbox.forward(&again[..1]).await.unwrap();
    assert_eq!(outbox.depth().await.unwrap(), 2);
    outbox
        .forward(&outbox.take(10).await.unwrap())
        .await
        .unwrap();
    outbox.forward(&again).await.unwrap();
    assert_eq!(outbox.take(10).await.unwrap(), []);
    assert_eq!(outbox.depth().await.unwrap(), 0);
}

#[tokio::test]
async fn the_entries_of_a_dead_relay_are_taken_over() {
    let redis = connect("dead");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(5).await;
    for number in 1..=3 {
        reserve(&shop.gate(), hold(item, number)).await;
    }
    let dead = shop.redis_outbox(&redis, OUTBOX_IDLE);
    assert_eq!(dead.take(2).await.unwrap().len(), 2);
    let other = shop.redis_outbox(&redis, OUTBOX_IDLE);
    let rest = other.take(10).await.unwrap();
    assert_eq!(
        buyers(&rest),
        [3],
        "the others belong to a relay that may be alive"
    );
    other.forward(&rest).await.unwrap();
    let successor = shop.redis_outbox(&redis, Duration::from_millis(200));
    let taken = eventually("the entries of the dead relay", async || {
        let taken = successor.take(10).await.unwrap();
        (!taken.is_empty()).then_some(taken)
    });
    let taken = taken.await;
    assert_eq!(buyers(&taken), [1, 2]);
    successor.forward(&taken).await.unwrap();
    assert_eq!(successor.depth().await.unwrap(), 0);
}

#[tokio::test]
async fn a_busy_item_does_not_starve_a_quiet_one() {
    let redis = connect("fair");
    let shop = TestShop::over(redis.clone()).await;
    let (busy, quiet) = (shop.item(100).await, shop.item(1).await);
    for number in 1..=40 {
        reserve(&shop.gate(), hold(busy, number)).await;
    }
    reserve(&shop.gate(), super::hold_as(quiet, 50, 50)).await;
    let outbox: Arc<dyn Outbox> = Arc::new(shop.redis_outbox(&redis, OUTBOX_IDLE));
    let taken = outbox.take(10).await.unwrap();
    assert_eq!(
        taken.len(),
        10,
        "the busy item gets the share that the quiet one leaves"
    );
    assert!(buyers(&taken).contains(&50));
    outbox.forward(&taken).await.unwrap();
    let rest = outbox.take(100).await.unwrap();
    assert_eq!(rest.len(), 31);
}

#[tokio::test]
async fn an_unreadable_entry_is_removed_and_the_others_are_handed_out() {
    let redis = connect("unreadable");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(5).await;
    reserve(&shop.gate(), hold(item, 1)).await;
    cli(&redis, "xadd", (item, "outbox"), &["*", "what", "ever"]);
    reserve(&shop.gate(), hold(item, 2)).await;
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    let taken = outbox.take(10).await.unwrap();
    assert_eq!(buyers(&taken), [1, 2]);
    outbox.forward(&taken).await.unwrap();
    assert_eq!(outbox.depth().await.unwrap(), 0);
}

#[tokio::test]
async fn the_outbox_of_an_item_that_ended_long_ago_leaves_the_list_when_it_is_empty() {
    let redis = connect("over");
    let shop = TestShop::over(redis.clone()).await;
    let (empty, full) = (shop.item(5).await, shop.item(5).await);
    shop.gate().warm_up(empty, super::OPEN).await.unwrap();
    reserve(&shop.gate(), hold(full, 1)).await;
    let listed = || shared().cli(&["zrange", &redis.key("items"), "0", "-1"]);
    let outbox = shop.redis_outbox(&redis, OUTBOX_IDLE);
    assert_eq!(outbox.depth().await.unwrap(), 1);
    assert_eq!(listed().lines().count(), 2);
    shop.clock.advance(26 * HOUR_MS);
    let later = shop.redis_outbox(&redis, OUTBOX_IDLE);
    assert_eq!(buyers(&later.take(10).await.unwrap()), [1]);
    assert_eq!(listed(), full.to_string());
    assert_eq!(cli(&redis, "exists", (empty, "outbox"), &[]), "0");
}
