//! A Redis that lost its last moments but has the same epoch: a restart with a shorter log, or a
//! replica that took over. The gate promises units that the ledger has given to other buyers.

use std::sync::Arc;

use app::wire::{ItemId, Rejection, ReservationState};
use server::{
    adapters::{
        fault_injection::{Fault, FaultInjector, Point, WithFaults},
        redis::{GateClock, Redis, RedisGate, Timeouts},
    },
    engine::ports::{
        Decision, GateStock, OrderQueue, PortError, Reconciled, Release, ReservationReader,
        Reserve, Restock, StockGate,
    },
};

use super::{OPEN, buyer, cli, connect, hold, hold_as, is_busy, reserve, take, work};
use crate::support::{HOUR_MS, TestShop};

/// Redis forgets only this buyer's hold.
fn lose_hold(redis: &Redis, item: ItemId, number: u32) {
    let buyer = hold(item, number).unit.buyer.to_string();
    cli(redis, "hdel", (item, "holders"), &[&buyer]);
    cli(redis, "hincrby", (item, "item"), &["sellable", "1"]);
    cli(redis, "hincrby", (item, "item"), &["locked", "-1"]);
}

fn is_closed(redis: &Redis, item: ItemId) -> bool {
    cli(redis, "hget", (item, "item"), &["epoch"]).is_empty()
}

/// The other buyers who get a position, one after the other, until the item is closed.
async fn promised(shop: &TestShop, redis: &Redis, item: ItemId) -> Vec<u32> {
    let mut promised = Vec::new();
    for number in 2..=9 {
        if is_closed(redis, item) {
            break;
        }
        if let Decision::Held { .. } = reserve(&shop.gate(), hold(item, number)).await {
            promised.push(number);
        }
        work(shop).await;
    }
    promised
}

/// Waits until nothing is under way, and loads the item again.
async fn load_again(shop: &TestShop, item: ItemId) {
    assert!(!shop.gate().warm_up(item, OPEN).await.unwrap(), "too soon");
    shop.clock.advance(5_000);
    assert!(shop.gate().warm_up(item, OPEN).await.unwrap());
}

#[tokio::test]
async fn a_unit_lost_by_the_gate_is_wrongly_promised_once() {
    let redis = connect("lost-moment");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    lose_hold(&redis, item, 1);

    assert_eq!(promised(&shop, &redis, item).await, [2]);
    let failed = shop
        .sql
        .get(hold(item, 2).unit.reservation_id, buyer(2))
        .await;
    let failed = failed.unwrap().unwrap();
    assert_eq!(failed.state, ReservationState::Failed);
    assert_eq!(failed.reason, Some(Rejection::SoldOut));

    assert!(is_busy(gate, hold(item, 3)).await, "nobody else meanwhile");
    load_again(&shop, item).await;
    let stock = GateStock {
        total: 1,
        sellable: 0,
        locked: 1,
        sold: 0,
    };
    assert_eq!(gate.stock(item).await.unwrap(), Some(stock));
    let refused = reserve(gate, hold(item, 3)).await;
    assert!(matches!(refused, Decision::SoldOut { .. }), "{refused:?}");
    shop.audit().await;
}

#[tokio::test]
async fn the_first_wrong_promise_of_many_lost_units_is_the_last() {
    let redis = connect("lost-many");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(5).await;
    let gate = &shop.gate();
    for number in 11..=14 {
        reserve(gate, hold(item, number)).await;
    }
    work(&shop).await;
    for number in 11..=14 {
        lose_hold(&redis, item, number);
    }
    // One unit is left; the gate believes in four.
    assert_eq!(promised(&shop, &redis, item).await, [2, 3]);
    assert!(is_busy(gate, hold(item, 4)).await);
    load_again(&shop, item).await;

    // The withdrawal is repeated, as after a worker was killed before it recorded the first.
    gate.release(hold(item, 3).unit, Release::Withdraw)
        .await
        .unwrap();
    let refused = reserve(gate, hold(item, 4)).await;
    assert!(matches!(refused, Decision::SoldOut { .. }), "{refused:?}");
    assert_eq!(shop.audit().await.items[0].orders_live, 5);
}

#[tokio::test]
async fn a_withdrawal_closes_every_segment() {
    let redis = connect("lost-segments");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(40).await;
    shop.split(4).await;
    let gate = &shop.gate();
    for number in 11..=20 {
        reserve(gate, hold(item, number)).await;
    }
    work(&shop).await;
    gate.release(hold(item, 11).unit, Release::Withdraw)
        .await
        .unwrap();
    for number in 21..=40 {
        assert!(is_busy(gate, hold(item, number)).await, "buyer {number}");
    }
    load_again(&shop, item).await;
    let again = reserve(gate, hold_as(item, 11, 3)).await;
    let earlier = hold(item, 11).unit.reservation_id;
    assert_eq!(again, Decision::AlreadyReserved(earlier), "it is ordered");

    // After another closing it waits as long as before.
    gate.release(hold(item, 12).unit, Release::Withdraw)
        .await
        .unwrap();
    load_again(&shop, item).await;
}

#[tokio::test]
async fn a_lost_hold_is_ordered_before_its_item_is_loaded_again() {
    for segments in [1, 3] {
        let redis = connect("lost-unknown");
        let shop = TestShop::over(redis.clone()).await;
        let item = shop.item(30).await;
        shop.split(segments).await;
        let gate = &shop.gate();
        for number in 1..=9 {
            reserve(gate, hold(item, number)).await;
        }
        // The queue confirmed the entries, and lost them.
        let outbox = shop.engine.orders.outbox.clone().unwrap();
        while let taken = take(&*outbox, 100).await
            && !taken.is_empty()
        {
            outbox.forward(&taken).await.unwrap();
        }
        reserve(gate, hold(item, 10)).await;
        work(&shop).await;
        gate.release(hold(item, 10).unit, Release::Withdraw)
            .await
            .unwrap();
        assert!(!gate.warm_up(item, OPEN).await.unwrap());
        shop.clock.advance(5_000);
        assert!(!gate.warm_up(item, OPEN).await.unwrap(), "sent again");
        work(&shop).await;
        load_again(&shop, item).await;
        assert_eq!(shop.audit().await.items[0].orders_live, 10);
        assert_eq!(gate.stock(item).await.unwrap().unwrap().locked, 10);
    }
}

#[tokio::test]
async fn an_entry_that_never_arrives_does_not_keep_its_item_closed() {
    let redis = connect("lost-for-ever");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(30).await;
    let gate = &shop.gate();
    for number in 1..=2 {
        reserve(gate, hold(item, number)).await;
    }
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    let lose = async || {
        let taken = take(&*outbox, 100).await;
        outbox.forward(&taken).await.unwrap();
    };
    lose().await;
    gate.release(hold(item, 2).unit, Release::Withdraw)
        .await
        .unwrap();
    let mut looks = 0;
    while !gate.warm_up(item, OPEN).await.unwrap() {
        lose().await;
        shop.clock.advance(1_000);
        looks += 1;
        assert!(looks < 60, "still closed");
    }
    let next = reserve(gate, hold(item, 3)).await;
    assert!(matches!(next, Decision::Held { .. }), "{next:?}");
}

#[tokio::test]
async fn a_redis_that_forgot_told_positions_promises_nothing() {
    for (segments, instance) in [(1, "the same"), (3, "the same"), (1, "a new one")] {
        let redis = connect("forgot-numbers");
        let shop = TestShop::over(redis.clone()).await;
        let item = shop.item(9).await;
        shop.split(segments).await;
        let gate = &shop.gate();
        let key = format!("{{{item}}}:item");
        let copy = |to: &str, from: &str| {
            let (from, to) = (redis.key(from), redis.key(to));
            test_servers::redis::shared().cli(&["copy", &from, &to, "replace"])
        };
        reserve(gate, hold(item, 1)).await;
        assert_eq!(copy("earlier", &key), "1");
        // Enough buyers that the first segment gives positions, too.
        for number in 2..=7 {
            reserve(gate, hold(item, number)).await;
        }
        work(&shop).await;
        assert_eq!(copy(&key, "earlier"), "1");

        if instance == "a new one" {
            // No instance that told a position is running; the ledger has them.
            let fresh = shop.redis_gate(&redis, Timeouts::default());
            assert!(!fresh.warm_up(item, OPEN).await.unwrap());
        }
        let mut refused = 0;
        for number in 20..=40 {
            match gate.reserve(hold(item, number)).await {
                Err(PortError::Busy { .. }) => refused += 1,
                // Another segment, which forgot nothing.
                decision => assert!(segments > 1 && refused == 0, "{decision:?}"),
            }
        }
        assert!(refused > 0);
        work(&shop).await;
        load_again(&shop, item).await;
        let again = reserve(gate, hold_as(item, 7, 3)).await;
        let earlier = hold(item, 7).unit.reservation_id;
        assert_eq!(again, Decision::AlreadyReserved(earlier));
        let report = shop.audit().await;
        assert_eq!(
            report.items[0].sellable,
            i64::from(gate.stock(item).await.unwrap().unwrap().sellable)
        );
    }
}

#[tokio::test]
async fn a_buyer_whose_hold_was_lost_keeps_the_order_and_takes_no_second_unit() {
    let redis = connect("lost-holder");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(3).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    let buyer = hold(item, 1).unit.buyer;
    lose_hold(&redis, item, 1);

    for again in [0xaa, 0xab, 0xac] {
        let again = reserve(gate, hold_as(item, 1, again)).await;
        assert!(matches!(again, Decision::Held { .. }), "{again:?}");
        work(&shop).await;
    }
    let mine = shop.sql.latest(item, buyer).await.unwrap().unwrap();
    assert_eq!(mine.unit.reservation_id, hold(item, 1).unit.reservation_id);
    assert_eq!(mine.state, ReservationState::Ordered);
    // Two others get the two remaining units; the lost one is wrongly promised once.
    assert_eq!(promised(&shop, &redis, item).await, [2, 3, 4]);
    assert_eq!(shop.audit().await.items[0].orders_live, 3);
}

/// An item of two units, closed by a withdrawal.
async fn closed(test: &str) -> (Redis, TestShop, ItemId) {
    let redis = connect(test);
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    gate.release(hold(item, 1).unit, Release::Withdraw)
        .await
        .unwrap();
    (redis, shop, item)
}

/// An instance that cannot reach the queue.
struct CutOff;

impl FaultInjector for CutOff {
    fn next(&self, call: &'static str, _: Point) -> Fault {
        match call {
            "under_way" => Fault::Busy,
            _ => Fault::None,
        }
    }
}

#[tokio::test]
async fn an_instance_without_its_queue_keeps_no_item_closed() {
    let (redis, shop, item) = closed("lost-cut-off").await;
    let gate = &shop.gate();
    let queue: Arc<dyn OrderQueue> = Arc::new(shop.sql.clone());
    let cut_off = RedisGate::new(
        redis.clone(),
        GateClock::Given(shop.clock.clone()),
        Arc::new(shop.sql.clone()),
        Arc::new(WithFaults::new(queue, Arc::new(CutOff))),
        Timeouts::default(),
    );
    for _ in 0..5 {
        assert!(!gate.warm_up(item, OPEN).await.unwrap(), "too soon");
        cut_off.warm_up(item, OPEN).await.unwrap_err();
        shop.clock.advance(1_000);
    }
    assert!(gate.warm_up(item, OPEN).await.unwrap());
}

#[tokio::test]
async fn a_gap_between_checks_does_not_count_as_quiet() {
    let (_redis, shop, item) = closed("lost-unseen").await;
    let gate = &shop.gate();
    assert!(!gate.warm_up(item, OPEN).await.unwrap());
    shop.clock.advance(60_000);
    load_again(&shop, item).await;
}

#[tokio::test]
async fn a_hold_of_an_item_closed_at_its_round_s_end_ends_later() {
    let redis = connect("lost-at-the-end");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    outbox.forward(&take(&*outbox, 10).await).await.unwrap();
    reserve(gate, hold(item, 2)).await;
    work(&shop).await;
    gate.release(hold(item, 2).unit, Release::Withdraw)
        .await
        .unwrap();

    shop.clock.advance(2 * HOUR_MS);
    let sent = gate.reconcile(item).await.unwrap();
    assert!(matches!(sent, Reconciled::Repaired { .. }), "{sent:?}");
    work(&shop).await;
    let ended = shop
        .sql
        .get(hold(item, 1).unit.reservation_id, buyer(1))
        .await
        .unwrap();
    assert_eq!(ended.unwrap().state, ReservationState::Failed);
}
