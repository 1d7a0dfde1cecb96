//! A running Redis has lost one key of an item, deleted by a person or a tool: every key in turn,
//! during a sale. At most the units known only to that key are wrongly promised, once each; all else
//! continues as if nothing was lost, without a manual change.

use app::wire::{ItemId, ReservationState};
use server::{
    adapters::redis::Redis,
    engine::{
        ports::{Decision, Reconciled, ReservationReader, Reserve, Restock, StockGate},
        stock::{reconcile, warm_up},
    },
};

use super::{
    OPEN, buyer, cli, connect, give_units, hold, hold_as, reserve, take, take_units, work,
};
use crate::support::{HOUR_MS, TestShop};

/// Units of an item.
const STOCK: u32 = 12;
/// Buyers with orders written before the loss, and buyers whom only Redis knows then.
const ORDERED: std::ops::RangeInclusive<u32> = 1..=4;
const ON_THEIR_WAY: std::ops::RangeInclusive<u32> = 5..=8;
/// All other buyers; more than there are units.
const LATER: std::ops::RangeInclusive<u32> = 9..=20;
/// Every loss is repaired after this many rounds of the workers.
const ROUNDS: usize = 60;

/// Deletes these keys of the buyers' segments.
fn lose(redis: &Redis, item: ItemId, segments: u8, names: &[&str]) {
    for name in names {
        cli(redis, "del", (item, name), &[]);
        for number in 1..segments {
            let key = redis.key(&format!("{{{item}/{number}}}:{name}"));
            test_servers::redis::shared().cli(&["del", &key]);
        }
    }
}

/// Runs the workers for a minute, once a second.
async fn a_minute_passes(shop: &TestShop) {
    for _ in 0..ROUNDS {
        work(shop).await;
        warm_up::run_once(&shop.engine.stock).await.unwrap();
        reconcile::run_once(&shop.engine.stock).await.unwrap();
        shop.clock.advance(1_000);
    }
}

/// How many buyers have an order for their promised reservation; all reservations must have ended.
async fn ordered(shop: &TestShop, item: ItemId, told: &[u32]) -> usize {
    let mut ordered = 0;
    for number in told {
        let id = hold(item, *number).unit.reservation_id;
        let record = shop.sql.get(id, buyer(*number)).await.unwrap();
        let state = record.map(|record| record.state);
        ordered += usize::from(state == Some(ReservationState::Ordered));
    }
    ordered
}

/// Runs the workers and all later buyers; returns those with a position before and after the loss.
async fn sale_with_loss(segments: u8, names: &[&str]) -> (TestShop, ItemId, Vec<u32>) {
    let redis = connect("lost-key");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(STOCK).await;
    shop.split(segments).await;
    let gate = &shop.gate();
    let mut told = Vec::new();
    for number in ORDERED {
        told.extend(is_told(gate, item, number).await);
    }
    work(&shop).await;
    for number in ON_THEIR_WAY {
        told.extend(is_told(gate, item, number).await);
    }
    assert_eq!(told.len(), 8);
    lose(&redis, item, segments, names);
    a_minute_passes(&shop).await;
    for number in LATER {
        told.extend(is_told(gate, item, number).await);
        work(&shop).await;
    }
    a_minute_passes(&shop).await;
    (shop, item, told)
}

async fn is_told(gate: &dyn Reserve, item: ItemId, number: u32) -> Option<u32> {
    let decision = gate.reserve(hold(item, number)).await;
    matches!(decision, Ok(Decision::Held { .. })).then_some(number)
}

#[tokio::test]
async fn every_promise_becomes_an_order_after_the_loss_of_any_key() {
    // The keys that every segment has, and those of transfers and late calls.
    let kinds: [&[&str]; 8] = [
        &["item"],
        &["holders"],
        &["positions"],
        &["outbox"],
        &["transfers", "received", "late"],
        &["under-way", "filling"],
        &["item", "outbox"],
        &["item", "positions", "outbox"],
    ];
    for segments in [1, 3] {
        for names in kinds {
            let (shop, item, told) = sale_with_loss(segments, names).await;
            let case = format!("{names:?}, {segments} segments");
            assert_eq!(told.len(), STOCK as usize, "{case}: {told:?}");
            assert_eq!(ordered(&shop, item, &told).await, told.len(), "{case}");
            let audited = &shop.audit().await.items[0];
            assert_eq!(audited.orders_live, i64::from(STOCK), "{case}");
            let stock = shop.gate().stock(item).await.unwrap().unwrap();
            assert_eq!((stock.sellable, stock.locked), (0, STOCK), "{case}");
        }
    }
}

#[tokio::test]
async fn only_units_known_to_lost_keys_alone_are_promised_again() {
    let lost = ON_THEIR_WAY.count();
    let kinds: [&[&str]; 2] = [
        &["holders", "outbox"],
        &["item", "holders", "positions", "outbox"],
    ];
    for segments in [1, 3] {
        for names in kinds {
            let (shop, item, told) = sale_with_loss(segments, names).await;
            let case = format!("{names:?}, {segments} segments: {told:?}");
            assert_eq!(told.len(), STOCK as usize + lost, "{case}");
            assert_eq!(ordered(&shop, item, &told).await, STOCK as usize, "{case}");
            let audited = &shop.audit().await.items[0];
            assert_eq!(audited.orders_live, i64::from(STOCK), "{case}");
            let stock = shop.gate().stock(item).await.unwrap().unwrap();
            assert_eq!((stock.sellable, stock.locked), (0, STOCK), "{case}");
        }
    }
}

#[tokio::test]
async fn a_buyer_whose_holder_record_is_lost_gets_no_second_order() {
    let redis = connect("lost-holders");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(3).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    lose(&redis, item, 1, &["holders"]);
    let again = reserve(gate, hold_as(item, 1, 7)).await;
    assert_eq!(
        again,
        Decision::Held { position: 2 },
        "only the ledger knows"
    );
    a_minute_passes(&shop).await;
    let again = shop
        .sql
        .get(hold_as(item, 1, 7).unit.reservation_id, buyer(1));
    let state = again.await.unwrap().unwrap().state;
    assert_eq!(state, ReservationState::Failed);
    assert_eq!(shop.audit().await.items[0].orders_live, 1);
    let stock = gate.stock(item).await.unwrap().unwrap();
    assert_eq!((stock.sellable, stock.locked), (2, 1));
    let more = reserve(gate, hold_as(item, 1, 8)).await;
    let first = hold(item, 1).unit.reservation_id;
    assert_eq!(more, Decision::AlreadyReserved(first));
}

#[tokio::test]
async fn a_repeated_call_is_still_held_after_its_position_was_lost() {
    let redis = connect("lost-positions");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(3).await;
    let gate = &shop.gate();
    let first = reserve(gate, hold(item, 1)).await;
    lose(&redis, item, 1, &["positions"]);
    assert_eq!(reserve(gate, hold(item, 1)).await, first);
}

#[tokio::test]
async fn units_whose_transfer_is_lost_come_back() {
    let redis = connect("lost-transfers");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(30).await;
    shop.split(3).await;
    let gate = &shop.gate();
    gate.warm_up(item, OPEN).await.unwrap();
    assert_eq!(take_units(&redis, item, "t").await, 5);
    lose(&redis, item, 3, &["transfers"]);
    a_minute_passes(&shop).await;
    let mut told = 0;
    for number in 1..=40 {
        told += is_told(gate, item, number).await.map_or(0, |_| 1);
    }
    assert_eq!(told, 30);
    a_minute_passes(&shop).await;
    assert_eq!(shop.audit().await.items[0].orders_live, 30);
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
}

#[tokio::test]
async fn units_that_arrive_twice_because_their_receipt_is_lost_are_taken_back() {
    let redis = connect("lost-received");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(30).await;
    shop.split(3).await;
    let gate = &shop.gate();
    gate.warm_up(item, OPEN).await.unwrap();
    let units = take_units(&redis, item, "t").await;
    assert_eq!(give_units(&redis, item, "t", units).await, 1);
    lose(&redis, item, 3, &["received"]);
    a_minute_passes(&shop).await;
    let stock = gate.stock(item).await.unwrap().unwrap();
    assert_eq!((stock.total, stock.sellable), (30, 30));
}

#[tokio::test]
async fn a_hold_is_ordered_although_the_list_of_outboxes_is_lost_after_its_round() {
    let redis = connect("lost-list");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1).await;
    shop.clock.advance(HOUR_MS - 1_000);
    reserve(&shop.gate(), hold(item, 1)).await;
    shop.clock.advance(1_000);
    for copy in ["items", "{in-flight-3}:items", "{in-flight-58}:items"] {
        let deleted = test_servers::redis::shared().cli(&["del", &redis.key(copy)]);
        assert_eq!(deleted, "1", "{copy}");
    }
    let outbox = shop.redis_outbox(&redis, crate::support::OUTBOX_IDLE);
    assert!(
        take(&outbox, 10).await.is_empty(),
        "the relay has just started"
    );
    reconcile::run_once(&shop.engine.stock).await.unwrap();
    let outbox = shop.redis_outbox(&redis, crate::support::OUTBOX_IDLE);
    assert_eq!(take(&outbox, 10).await.len(), 1);
}
