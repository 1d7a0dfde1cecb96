//! Stock that is split into segments.

use std::collections::HashSet;

use app::wire::ItemId;
use futures::{StreamExt, stream};
use server::{
    adapters::redis::{Redis, Timeouts},
    engine::ports::{Decision, GateStock, Reconciled, Release, Reserve, Restock, StockGate},
};

use super::{OPEN, cli, connect, connect_cluster, give_units, hold, reserve, take_units, work};
use crate::support::{TestShop, eventually};

/// Many buyers reserve at the same time, half of them at another instance. Returns the positions of
/// the holders.
async fn reserve_all(
    shop: &TestShop,
    redis: &Redis,
    item: ItemId,
    buyers: impl IntoIterator<Item = u32>,
) -> Vec<u32> {
    let other = shop.redis_gate(redis, Timeouts::default());
    let gates: [&dyn Reserve; 2] = [&shop.gate(), &other];
    let requests = stream::iter(buyers).map(async |number| {
        let gate = gates[number as usize % 2];
        (number, reserve(gate, hold(item, number)).await)
    });
    let mut positions = Vec::new();
    let mut decisions = requests.buffer_unordered(64);
    while let Some((number, decision)) = decisions.next().await {
        match decision {
            Decision::Held { position } => positions.push(position),
            Decision::SoldOut { .. } => {}
            other => panic!("buyer {number}: {other:?}"),
        }
    }
    positions
}

async fn assert_all_sold(shop: &TestShop, item: ItemId, positions: &[u32], units: u32) {
    let distinct: HashSet<_> = positions.iter().collect();
    assert_eq!(
        (positions.len(), distinct.len()),
        (units as usize, units as usize)
    );
    let sold = GateStock {
        total: units,
        sellable: 0,
        locked: units,
        sold: 0,
    };
    let gate = &shop.gate();
    assert_eq!(gate.stock(item).await.unwrap().unwrap(), sold);
    let outbox = shop.engine.orders.outbox.as_ref().unwrap();
    let depth = eventually("the list of outboxes", async || {
        let depth = outbox.depth().await.unwrap();
        (depth > 0).then_some(depth)
    });
    assert_eq!(depth.await, u64::from(units));
}

async fn ten_thousand_buyers(redis: Redis) {
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1000).await;
    shop.split(3).await;
    let positions = reserve_all(&shop, &redis, item, 1..=10_000).await;
    assert_all_sold(&shop, item, &positions, 1000).await;
    work(&shop).await;
    assert_eq!(shop.audit().await.items[0].orders_live, 1000);
    let same = shop.gate().reconcile(item).await.unwrap();
    assert_eq!(same, Reconciled::Same);
}

#[tokio::test]
async fn ten_thousand_buyers_get_exactly_the_units_of_three_segments() {
    ten_thousand_buyers(connect("segments")).await;
}

#[tokio::test]
async fn ten_thousand_buyers_get_exactly_the_units_of_three_cluster_nodes() {
    ten_thousand_buyers(connect_cluster("segments")).await;
}

#[tokio::test]
async fn buyers_of_one_segment_get_the_stock_of_all() {
    let redis = connect("uneven");
    let shop = TestShop::over(redis.clone()).await;
    let (probe, item) = (shop.item(3000).await, shop.item(200).await);
    shop.split(3).await;
    // The positions of segments interleave, so a position identifies the segment.
    let mut first = Vec::new();
    for number in 1..=900 {
        let Decision::Held { position } = reserve(&shop.gate(), hold(probe, number)).await else {
            panic!("a unit is left");
        };
        if position % 3 == 1 {
            first.push(number);
        }
    }
    assert!(first.len() > 220, "{} buyers", first.len());
    let mut positions = Vec::new();
    for number in first {
        let request = super::hold_as(item, number, 0xdd0_0000 + u128::from(number));
        match reserve(&shop.gate(), request).await {
            Decision::Held { position } => positions.push(position),
            refused => assert!(matches!(refused, Decision::SoldOut { .. })),
        }
    }
    assert_eq!(positions.len(), 200);
    assert!(positions.iter().all(|position| position % 3 == 1));
    let stock = shop.gate().stock(item).await.unwrap().unwrap();
    assert_eq!((stock.total, stock.sellable, stock.locked), (200, 0, 200));
}

#[tokio::test]
async fn a_unit_given_back_to_one_segment_is_sellable_to_buyers_of_every_other() {
    let redis = connect("back");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(6).await;
    shop.split(3).await;
    let gate = &shop.gate();
    let mut holders = Vec::new();
    let mut sold_out = 0;
    for number in 1..=20 {
        match reserve(gate, hold(item, number)).await {
            Decision::Held { .. } => holders.push(number),
            Decision::SoldOut { returns } => sold_out = returns,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(holders.len(), 6);
    for (again, holder) in (21..).zip(holders) {
        let released = gate
            .release(hold(item, holder).unit, Release::Return)
            .await
            .unwrap();
        assert!(
            released.returns > sold_out,
            "newer than every refusal before it"
        );
        let next = reserve(gate, hold(item, again)).await;
        assert!(matches!(next, Decision::Held { .. }), "{next:?}");
        let Decision::SoldOut { returns } = reserve(gate, hold(item, 99)).await else {
            panic!("only one unit came back");
        };
        assert!(returns >= released.returns);
        sold_out = returns;
    }
}

#[tokio::test]
async fn a_crash_between_taking_and_giving_stock_loses_nothing() {
    let redis = connect("crash");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(30).await;
    shop.split(3).await;
    let gate = &shop.gate();
    gate.warm_up(item, OPEN).await.unwrap();
    assert_eq!(take_units(&redis, item, "t1").await, 5);
    assert_eq!(
        take_units(&redis, item, "t1").await,
        5,
        "the same again takes nothing more"
    );
    // Given, but not finished: giving it again must add nothing.
    for _ in 0..2 {
        assert_eq!(give_units(&redis, item, "t1", 5).await, 1);
    }
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
    assert_eq!(
        cli(&redis, "hlen", (item, "transfers"), &[]),
        "0",
        "finished"
    );
    let stock = gate.stock(item).await.unwrap().unwrap();
    assert_eq!((stock.total, stock.sellable), (30, 30), "once");

    assert_eq!(take_units(&redis, item, "t2").await, 2);
    let positions = reserve_all(&shop, &redis, item, 1..=200).await;
    assert_all_sold(&shop, item, &positions, 30).await;
}
