//! The outbox on Redis, read by several relays.

use std::{sync::Arc, time::Duration};

use server::engine::ports::{Outbox, OutboxEntry, StockGate};

use test_servers::redis::shared;

use super::{cli, connect, hold, reserve, take};

use crate::support::{HOUR_MS, OUTBOX_IDLE, START_MS, TestShop, eventually};

fn buyers(entries: &[OutboxEntry]) -> Vec<u128> {
    let mut buyers: Vec<_> = entries
        .iter()
        .map(|entry| entry.reservation.unit.buyer.0.as_u128())
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
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    let taken = take(&*outbox, 10).await;
    let [entry] = &taken[..] else {
        panic!("{taken:?}");
    };
    let (entry, request) = (&entry.reservation, hold(item, 3));
    assert_eq!(entry.unit, request.unit);
    assert_eq!(entry.path, request.path);
    assert_eq!((entry.position, entry.held_at_ms), (1, START_MS + 7));
}

#[tokio::test]
async fn entries_given_back_are_available_to_any_relay_at_once() {
    let redis = connect("given-back");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(5).await;
    for number in 1..=3 {
        reserve(&shop.gate(), hold(item, number)).await;
    }
    let (one, two) = (
        shop.redis_outbox(&redis, OUTBOX_IDLE),
        shop.redis_outbox(&redis, OUTBOX_IDLE),
    );
    let taken = take(&one, 2).await;
    assert_eq!(buyers(&taken), [1, 2], "oldest first");
    one.give_back(&taken).await.unwrap();
    let at_once = take(&two, 10).await;
    assert_eq!(buyers(&at_once), [1, 2, 3], "oldest first");
    one.give_back(&taken).await.unwrap();
    assert_eq!(take(&one, 10).await, [], "they are the other's by now");
    two.give_back(&at_once[..1]).await.unwrap();
    assert_eq!(buyers(&take(&one, 10).await), [1]);
    two.forward(&at_once).await.unwrap();
    two.give_back(&at_once).await.unwrap();
    assert_eq!(take(&one, 10).await, []);
    assert_eq!(two.depth().await.unwrap(), 0);
}

#[tokio::test]
async fn a_relay_with_open_entries_gets_only_those() {
    let redis = connect("open");
    let shop = TestShop::over(redis.clone()).await;
    let items = [shop.item(5).await, shop.item(5).await];
    for number in 1..=6 {
        let request = super::hold_as(
            items[number as usize % 2],
            number,
            0x09e + u128::from(number),
        );
        reserve(&shop.gate(), request).await;
    }
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    let taken = take(&*outbox, 2).await;
    assert_eq!(taken.len(), 2, "one of each item");
    assert_eq!(buyers(&take(&*outbox, 10).await), buyers(&taken));
    outbox.forward(&taken[..1]).await.unwrap();
    assert_eq!(take(&*outbox, 10).await, taken[1..]);
    outbox.give_back(&taken[1..]).await.unwrap();
    let rest = take(&*outbox, 10).await;
    assert_eq!(rest.len(), 5);
    outbox.forward(&rest).await.unwrap();
    assert_eq!(outbox.depth().await.unwrap(), 0);
}

/// Behaves like a relay that reaches Redis but not the queue, and does not give back.
#[tokio::test]
async fn a_relay_that_forwards_nothing_blocks_no_other() {
    let redis = connect("stuck");
    let shop = TestShop::over(redis.clone()).await;
    let items = [shop.item(300).await, shop.item(300).await];
    for number in 1..=600 {
        let request = super::hold_as(
            items[number as usize % 2],
            number,
            0x57c + u128::from(number),
        );
        reserve(&shop.gate(), request).await;
    }
    let idle = Duration::from_millis(200);
    let (stuck, sound) = (
        shop.redis_outbox(&redis, idle),
        shop.redis_outbox(&redis, idle),
    );
    let mut held = take(&stuck, 100).await;
    assert_eq!(held.len(), 100);
    eventually("all entries to be forwarded", async || {
        let again = take(&stuck, 100).await;
        let of_before = again.iter().filter(|entry| held.contains(entry)).count();
        assert!(
            again.len() <= 100 && (of_before == 0 || of_before == again.len()),
            "it has {} entries, of which it had {of_before} before",
            again.len()
        );
        held = again;
        let taken = take(&sound, 100).await;
        sound.forward(&taken).await.unwrap();
        (sound.depth().await.unwrap() == 0).then_some(())
    })
    .await;
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
    assert_eq!(take(&dead, 2).await.len(), 2);
    let other = shop.redis_outbox(&redis, OUTBOX_IDLE);
    let rest = take(&other, 10).await;
    assert_eq!(
        buyers(&rest),
        [3],
        "the others belong to a relay that may be alive"
    );
    other.forward(&rest).await.unwrap();
    let successor = shop.redis_outbox(&redis, Duration::from_millis(200));
    let taken = eventually("the entries of the dead relay", async || {
        let taken = take(&successor, 10).await;
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
    let taken = take(&*outbox, 10).await;
    assert_eq!(
        taken.len(),
        10,
        "the busy item gets the share that the quiet one leaves"
    );
    assert!(buyers(&taken).contains(&50));
    outbox.forward(&taken).await.unwrap();
    let rest = take(&*outbox, 100).await;
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
    let taken = take(&*outbox, 10).await;
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
    assert_eq!(buyers(&take(&later, 10).await), [1]);
    assert_eq!(listed(), full.to_string());
    assert_eq!(cli(&redis, "exists", (empty, "outbox"), &[]), "0");
}
