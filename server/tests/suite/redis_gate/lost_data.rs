//! A Redis that lost its last moments and has the same epoch: a restart with a shorter log, a replica
//! that took over. The gate promises units that the ledger has given to somebody else.

use app::wire::{ItemId, Rejection, ReservationState};
use server::{
    adapters::redis::Redis,
    engine::ports::{Decision, GateStock, ReservationReader, Restock, StockGate},
};

use super::{cli, connect, hold, hold_as, reserve, work};
use crate::support::TestShop;

/// Redis is as it was before this buyer's hold.
fn lose_hold(redis: &Redis, item: ItemId, number: u32) {
    let buyer = hold(item, number).buyer.to_string();
    cli(redis, "hdel", (item, "holders"), &[&buyer]);
    cli(redis, "hincrby", (item, "item"), &["sellable", "1"]);
    cli(redis, "hincrby", (item, "item"), &["locked", "-1"]);
}

/// Who of five others is told a number, each before the next one asks.
async fn promised(shop: &TestShop, item: ItemId) -> Vec<u32> {
    let mut promised = Vec::new();
    for number in 2..=6 {
        if let Decision::Held { .. } = reserve(&shop.gate(), hold(item, number)).await {
            promised.push(number);
        }
        work(shop).await;
    }
    promised
}

#[tokio::test]
async fn a_unit_that_the_gate_lost_is_promised_wrongly_once() {
    let redis = connect("lost-moment");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    lose_hold(&redis, item, 1);

    assert_eq!(promised(&shop, item).await, [2]);
    let failed = shop.sql.get(hold(item, 2).reservation_id).await;
    let failed = failed.unwrap().unwrap();
    assert_eq!(failed.state, ReservationState::Failed);
    assert_eq!(failed.reason, Some(Rejection::SoldOut));

    // What is left of the difference is repaired: the unit belongs to the order.
    gate.reconcile(item).await.unwrap();
    shop.clock.advance(5_000);
    gate.reconcile(item).await.unwrap();
    let stock = GateStock {
        total: 1,
        sellable: 0,
        locked: 1,
        sold: 0,
    };
    assert_eq!(gate.stock(item).await.unwrap(), Some(stock));
    shop.audit().await;
}

#[tokio::test]
async fn a_buyer_whose_hold_the_gate_lost_keeps_her_order_and_takes_no_unit_by_asking_again() {
    let redis = connect("lost-holder");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(3).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    let buyer = hold(item, 1).buyer;
    lose_hold(&redis, item, 1);

    for again in [0xaa, 0xab, 0xac] {
        let again = reserve(gate, hold_as(item, 1, again)).await;
        assert!(matches!(again, Decision::Held { .. }), "{again:?}");
        work(&shop).await;
    }
    let mine = shop.sql.latest(item, buyer).await.unwrap().unwrap();
    assert_eq!(mine.reservation_id, hold(item, 1).reservation_id);
    assert_eq!(mine.state, ReservationState::Ordered);
    // Two others get the two units that are left; the one that was lost is promised wrongly once.
    assert_eq!(promised(&shop, item).await, [2, 3, 4]);
    assert_eq!(shop.audit().await.items[0].orders_live, 3);
}
