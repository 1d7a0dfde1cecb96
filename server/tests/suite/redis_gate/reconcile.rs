//! Compares the gate with the ledger.

use app::wire::{ItemId, ReservationState};
use server::{
    adapters::redis::Redis,
    engine::{
        orders::close_unpaid,
        ports::{
            Decision, DueReleases, Reconciled, Release, ReservationReader, Restock, StockGate,
        },
        stock::reconcile,
    },
};

use super::{OPEN, buyer, cli, connect, hold, reserve, take, work};
use crate::support::{HOUR_MS, TestShop};

async fn repaired(gate: &dyn Restock, item: ItemId) -> Option<String> {
    match gate.reconcile(item).await.unwrap() {
        Reconciled::Same => None,
        Reconciled::Repaired { detail, .. } => Some(detail),
    }
}

#[tokio::test]
async fn a_lost_hold_is_sent_again() {
    let redis = connect("lost");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    // The queue confirmed the entry, and lost it.
    let taken = take(&*outbox, 10).await;
    outbox.forward(&taken).await.unwrap();
    assert_eq!((taken.len(), outbox.depth().await.unwrap()), (1, 0));

    shop.clock.advance(9_999);
    assert_eq!(
        repaired(gate, item).await,
        None,
        "it may still be on its way"
    );
    shop.clock.advance(1);
    let detail = repaired(gate, item).await.unwrap();
    assert!(detail.contains("1 units are held"), "{detail}");
    assert_eq!(repaired(gate, item).await, None, "sent once");
    let again = take(&*outbox, 10).await;
    assert_eq!(again[0].reservation, taken[0].reservation);
    // Lost once more: the next try waits twice as long.
    outbox.forward(&again).await.unwrap();
    shop.clock.advance(9_999);
    assert_eq!(repaired(gate, item).await, None);
    shop.clock.advance(1);
    assert!(repaired(gate, item).await.is_some());
    work(&shop).await;
    assert_eq!(shop.audit().await.items[0].orders_live, 1);
    assert_eq!(repaired(gate, item).await, None);
}

#[tokio::test]
async fn a_difference_found_twice_with_nothing_under_way_is_repaired() {
    for segments in [1, 3] {
        let redis = connect("manual");
        let shop = TestShop::over(redis.clone()).await;
        let item = shop.item(9).await;
        shop.split(segments).await;
        let gate = &shop.gate();
        for number in 1..=4 {
            reserve(gate, hold(item, number)).await;
        }
        work(&shop).await;
        let before = gate.stock(item).await.unwrap();
        // A manual change: stock that does not exist, and a deleted holder record.
        cli(&redis, "hincrby", (item, "item"), &["sellable", "3"]);
        cli(&redis, "hincrby", (item, "item"), &["total", "3"]);
        gate.release(hold(item, 1).unit, Release::Return)
            .await
            .unwrap();
        assert_ne!(gate.stock(item).await.unwrap(), before);

        assert_eq!(repaired(gate, item).await, None, "seen for the first time");
        shop.clock.advance(4_999);
        assert_eq!(repaired(gate, item).await, None);
        reserve(gate, hold(item, 5)).await;
        shop.clock.advance(5_000);
        assert_eq!(repaired(gate, item).await, None, "something is under way");
        work(&shop).await;
        assert_eq!(repaired(gate, item).await, None, "another difference");
        shop.clock.advance(5_000);
        assert!(repaired(gate, item).await.is_some());
        assert_eq!(repaired(gate, item).await, None);
        let stock = gate.stock(item).await.unwrap().unwrap();
        assert_eq!((stock.total, stock.sellable, stock.locked), (9, 4, 5));
        let again = reserve(gate, super::hold_as(item, 1, 1)).await;
        assert!(matches!(again, Decision::AlreadyReserved(_)), "{again:?}");
    }
}

#[tokio::test]
async fn any_number_of_lost_holds_is_sent_again() {
    let redis = connect("many-lost");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2_500).await;
    shop.split(3).await;
    let gate = &shop.gate();
    for number in 1..=2_500 {
        reserve(gate, hold(item, number)).await;
    }
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    while let taken = take(&*outbox, 500).await
        && !taken.is_empty()
    {
        outbox.forward(&taken).await.unwrap();
    }
    shop.clock.advance(10_000);
    let mut runs = 0;
    while repaired(gate, item).await.is_some() {
        work(&shop).await;
        runs += 1;
    }
    assert!(runs > 1, "about a thousand are sent in one run");
    assert_eq!(shop.audit().await.items[0].orders_live, 2_500);
}

#[tokio::test]
async fn an_item_with_thousands_of_differences_is_loaded_again() {
    for segments in [1, 3] {
        let redis = connect("many-missing");
        let shop = TestShop::over(redis.clone()).await;
        let item = shop.item(3_000).await;
        shop.split(segments).await;
        let gate = &shop.gate();
        for number in 1..=2_500 {
            reserve(gate, hold(item, number)).await;
        }
        work(&shop).await;
        let before = gate.stock(item).await.unwrap();
        assert_eq!(before.unwrap().locked, 2_500);
        // All holders of the only segment, or of the first of three.
        cli(&redis, "del", (item, "holders"), &[]);
        assert_eq!(repaired(gate, item).await, None, "seen for the first time");
        shop.clock.advance(5_000);
        assert!(repaired(gate, item).await.is_some());
        // Hundreds are repaired one by one; with thousands the item is closed and loaded again.
        let reloaded = segments == 1;
        assert_eq!(gate.stock(item).await.unwrap().is_none(), reloaded);
        let window = super::OPEN;
        assert!(!gate.warm_up(item, window).await.unwrap(), "too soon");
        shop.clock.advance(5_000);
        assert_eq!(gate.warm_up(item, window).await.unwrap(), reloaded);
        assert_eq!(gate.stock(item).await.unwrap(), before);
        for number in [1, 1_000, 2_500] {
            let again = reserve(gate, super::hold_as(item, number, 3)).await;
            assert!(matches!(again, Decision::AlreadyReserved(_)), "{again:?}");
        }
        assert_eq!(repaired(gate, item).await, None);
    }
}

#[tokio::test]
async fn a_hold_lost_in_a_round_s_last_second_ends_after_it() {
    let (ordered, failed) = (ReservationState::Ordered, ReservationState::Failed);
    for (later_ms, expected) in [(10_000, ordered), (23 * HOUR_MS, failed)] {
        let shop = TestShop::over(connect("lost-at-the-end")).await;
        let item = shop.item(1).await;
        shop.clock.advance(HOUR_MS - 1_000);
        reserve(&shop.gate(), hold(item, 1)).await;
        let outbox = shop.engine.orders.outbox.clone().unwrap();
        let taken = take(&*outbox, 10).await;
        outbox.forward(&taken).await.unwrap();

        shop.clock.advance(later_ms);
        let repaired = reconcile::run_once(&shop.engine.stock).await.unwrap();
        assert_eq!(repaired, 1, "sent again");
        work(&shop).await;
        let ended = shop
            .sql
            .get(hold(item, 1).unit.reservation_id, buyer(1))
            .await
            .unwrap();
        assert_eq!(ended.unwrap().state, expected);
        let repaired = reconcile::run_once(&shop.engine.stock).await.unwrap();
        assert_eq!(repaired, 0, "once");
    }
}

/// An item of two units whose only order was not paid in time: the gate has got the unit back, and the
/// ledger does not know it yet.
async fn released_at_the_gate(redis: &Redis) -> (TestShop, ItemId) {
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    shop.clock.advance(601_000);
    close_unpaid::run_once(&shop.engine.orders, &shop.engine.payments)
        .await
        .unwrap();
    let due = shop.sql.due_releases(0, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    gate.release(due[0].unit, due[0].release).await.unwrap();
    (shop, item)
}

/// The ledger hears of the release; afterwards gate and ledger agree, and both units are sold.
async fn all_is_sold_once_the_ledger_knows(shop: &TestShop, item: ItemId) {
    let unit = hold(item, 1).unit;
    shop.sql.released(&[unit.reservation_id]).await.unwrap();
    let gate = &shop.gate();
    for _ in 0..3 {
        gate.warm_up(item, OPEN).await.unwrap();
        assert_eq!(repaired(gate, item).await, None, "nothing is to be mended");
        shop.clock.advance(5_000);
    }
    for number in [2, 3] {
        let held = reserve(gate, hold(item, number)).await;
        assert!(matches!(held, Decision::Held { .. }), "{held:?}");
    }
    work(shop).await;
    assert_eq!(shop.audit().await.items[0].orders_live, 2);
}

#[tokio::test]
async fn a_release_that_the_ledger_still_waits_for_is_not_undone() {
    let (shop, item) = released_at_the_gate(&connect("released")).await;
    let gate = &shop.gate();
    for _ in 0..3 {
        assert_eq!(repaired(gate, item).await, None);
        shop.clock.advance(5_000);
    }
    all_is_sold_once_the_ledger_knows(&shop, item).await;
}

#[tokio::test]
async fn an_item_is_not_loaded_again_while_the_ledger_waits_for_a_release() {
    let redis = connect("released-and-lost");
    let (shop, item) = released_at_the_gate(&redis).await;
    let gate = &shop.gate();
    cli(&redis, "del", (item, "item"), &[]);
    for _ in 0..4 {
        assert!(!gate.warm_up(item, OPEN).await.unwrap());
        shop.clock.advance(5_000);
    }
    all_is_sold_once_the_ledger_knows(&shop, item).await;
}
