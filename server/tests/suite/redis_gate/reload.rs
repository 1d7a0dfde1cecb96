//! A Redis that lost all or part of its data.

use std::sync::{Arc, Mutex};

use app::wire::{ItemId, ReservationId};
use async_trait::async_trait;
use server::{
    adapters::{
        redis::{GateClock, Redis, RedisGate, Timeouts},
        sql::Sql,
    },
    engine::{
        orders::close_unpaid,
        ports::{
            Decision, DueReleases, GateLedger, GateStock, Holder, ItemSnapshot, ItemSummary,
            LedgerStatus, LoadEpoch, OrderQueue, PortError, QueuedReservation, Release, Restock,
            StockGate, Unit,
        },
        stock::release,
    },
};
use uuid::Uuid;

use test_servers::redis::RedisServer;

use super::{OPEN, cli, connect, hold, hold_as, is_busy, relay, reserve, work};
use crate::support::{EngineGate, START_MS, TestShop};

#[tokio::test]
async fn an_item_is_loaded_again_into_an_empty_redis_when_nothing_is_under_way() {
    let server = RedisServer::start();
    let redis = Redis::new(&[server.url()], "lost").unwrap();
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(3).await;
    let gate = &shop.gate();
    let other = shop.redis_gate(&redis, Timeouts::default());
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    reserve(&other, hold(item, 2)).await;
    relay(&shop).await;

    server.cli(&["flushall"]);
    assert!(
        is_busy(gate, hold(item, 3)).await,
        "no decision while holders may be missing"
    );
    assert!(is_busy(&other, hold(item, 1)).await);
    assert_eq!(gate.stock(item).await.unwrap(), None);
    assert!(
        !gate.warm_up(item, OPEN).await.unwrap(),
        "the queue is not empty"
    );
    shop.clock.advance(60_000);
    assert!(
        !gate.warm_up(item, OPEN).await.unwrap(),
        "the queue is still not empty"
    );
    work(&shop).await;
    assert!(
        !other.warm_up(item, OPEN).await.unwrap(),
        "quiet from now on"
    );
    shop.clock.advance(4_999);
    assert!(
        !gate.warm_up(item, OPEN).await.unwrap(),
        "not quiet for long enough"
    );
    assert!(is_busy(gate, hold(item, 3)).await);
    shop.clock.advance(1);
    assert!(gate.warm_up(item, OPEN).await.unwrap(), "loaded again");
    assert!(!other.warm_up(item, OPEN).await.unwrap());

    let earlier = hold(item, 2).unit.reservation_id;
    let again = reserve(&other, hold_as(item, 2, 77)).await;
    assert_eq!(again, Decision::AlreadyReserved(earlier));
    assert_eq!(
        reserve(gate, hold(item, 1)).await,
        Decision::Held { position: 1 }
    );
    assert_eq!(
        reserve(&other, hold(item, 3)).await,
        Decision::Held { position: 3 }
    );
    let refused = reserve(gate, hold(item, 4)).await;
    assert!(matches!(refused, Decision::SoldOut { .. }));
    // The list of outboxes is read again once a second.
    crate::support::eventually("three orders", async || {
        work(&shop).await;
        (shop.audit().await.items[0].orders_live == 3).then_some(())
    })
    .await;

    server.kill();
    assert!(is_busy(gate, hold(item, 5)).await, "Redis does not answer");
}

#[tokio::test]
async fn data_of_an_earlier_load_epoch_is_not_used() {
    let redis = connect("stale");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    let returns = |redis| cli(redis, "hget", (item, "item"), &["returns"]);
    let before: u64 = returns(&redis).parse().unwrap();
    // As if a replica with older data had taken over.
    cli(
        &redis,
        "hset",
        (item, "item"),
        &["epoch", &Uuid::from_u128(7).to_string()],
    );
    assert!(is_busy(gate, hold(item, 2)).await);
    assert!(!gate.warm_up(item, OPEN).await.unwrap());
    assert_eq!(
        cli(&redis, "hget", (item, "item"), &["epoch"]),
        "",
        "closed"
    );
    shop.clock.advance(5_000);
    assert!(gate.warm_up(item, OPEN).await.unwrap());
    assert!(
        returns(&redis).parse::<u64>().unwrap() > before,
        "the number of the last return only grows"
    );
    assert_eq!(
        reserve(gate, hold(item, 2)).await,
        Decision::Held { position: 2 }
    );
}

#[tokio::test]
async fn a_changed_number_of_segments_loses_nothing() {
    let redis = connect("resplit");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(30).await;
    let gate = &shop.gate();
    for number in 1..=10 {
        reserve(gate, hold(item, number)).await;
    }
    work(&shop).await;
    shop.split(4).await;
    assert!(!gate.warm_up(item, OPEN).await.unwrap());
    assert!(is_busy(gate, hold(item, 11)).await);
    shop.clock.advance(5_000);
    assert!(gate.warm_up(item, OPEN).await.unwrap());
    let split = GateStock {
        total: 30,
        sellable: 20,
        locked: 10,
        sold: 0,
    };
    assert_eq!(gate.stock(item).await.unwrap().unwrap(), split);
    let Decision::Held { position } = reserve(gate, hold(item, 11)).await else {
        panic!("twenty units are left");
    };
    assert!(position > 10, "{position} is another buyer's position");
    let released = gate
        .release(hold(item, 3).unit, Release::Return)
        .await
        .unwrap();
    assert!(released.returns > 0);
    assert_eq!(gate.stock(item).await.unwrap().unwrap().sellable, 20);
}

#[tokio::test]
async fn a_unit_that_comes_back_while_the_gate_is_closed_is_sellable_afterwards() {
    let redis = connect("closed");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    work(&shop).await;
    cli(&redis, "del", (item, "item"), &[]);
    assert!(!gate.warm_up(item, OPEN).await.unwrap());
    shop.clock.advance(601_000);
    close_unpaid::run_once(&shop.engine.orders, &shop.engine.payments)
        .await
        .unwrap();
    assert_eq!(release::run_once(&shop.engine.stock).await.unwrap(), 1);
    assert!(!gate.warm_up(item, OPEN).await.unwrap(), "nobody looked");
    shop.clock.advance(5_000);
    assert!(gate.warm_up(item, OPEN).await.unwrap());
    assert_eq!(
        reserve(gate, hold(item, 2)).await,
        Decision::Held { position: 2 }
    );
}

/// A ledger whose units are released between its snapshot and the load.
struct ReleasesAfterSnapshot {
    sql: Sql,
    gate: Mutex<Option<(EngineGate, Unit)>>,
}

#[async_trait]
impl GateLedger for ReleasesAfterSnapshot {
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError> {
        let snapshot = self.sql.snapshot(item_id).await;
        let released = self.gate.lock().unwrap().take();
        if let Some((gate, unit)) = released {
            gate.release(unit, Release::Return).await?;
            self.sql.released(&[unit.reservation_id]).await?;
        }
        snapshot
    }

    async fn summary(&self, item_id: ItemId) -> Result<Option<ItemSummary>, PortError> {
        self.sql.summary(item_id).await
    }

    async fn holders(
        &self,
        item_id: ItemId,
        after: Option<Holder>,
        limit: u32,
    ) -> Result<Vec<Holder>, PortError> {
        self.sql.holders(item_id, after, limit).await
    }

    async fn status(&self, ids: &[ReservationId]) -> Result<Vec<LedgerStatus>, PortError> {
        self.sql.status(ids).await
    }

    async fn load_epoch(&self, item_id: ItemId) -> Result<Option<LoadEpoch>, PortError> {
        self.sql.load_epoch(item_id).await
    }

    async fn begin_epoch(
        &self,
        item_id: ItemId,
        epoch: Uuid,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError> {
        self.sql.begin_epoch(item_id, epoch, instead_of).await
    }
}

#[tokio::test]
async fn a_release_between_reading_the_ledger_and_opening_the_gate_is_not_lost() {
    let redis = connect("meanwhile");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1).await;
    let unit = hold(item, 1).unit;
    // Written by an embedded gate, before the shop had a Redis.
    let queued = QueuedReservation {
        unit,
        path: "path".into(),
        position: 1,
        held_at_ms: START_MS,
        replayed: false,
    };
    shop.sql.put(&[queued]).await.unwrap();
    while server::engine::orders::write_orders::run_once(&shop.engine.orders, 10)
        .await
        .unwrap()
        > 0
    {}
    shop.clock.advance(601_000);
    close_unpaid::run_once(&shop.engine.orders, &shop.engine.payments)
        .await
        .unwrap();

    let ledger = Arc::new(ReleasesAfterSnapshot {
        sql: shop.sql.clone(),
        gate: Mutex::new(Some((shop.gate(), unit))),
    });
    let clock = GateClock::Given(shop.clock.clone());
    let queue = Arc::new(shop.sql.clone());
    let gate = RedisGate::new(redis, clock, ledger, queue, Timeouts::default());
    assert!(gate.warm_up(item, OPEN).await.unwrap());
    assert_eq!(gate.stock(item).await.unwrap().unwrap().sellable, 1);
    assert_eq!(
        reserve(&gate, hold(item, 2)).await,
        Decision::Held { position: 2 }
    );
}

#[tokio::test]
async fn an_item_with_fifty_thousand_holders_is_loaded_in_chunks() {
    let shop = TestShop::over(connect("large")).await;
    let item = shop.item(50_001).await;
    let held: Vec<_> = (1..=50_000)
        .map(|number| {
            let unit = hold(item, number).unit;
            QueuedReservation {
                unit,
                path: "path".into(),
                position: number,
                held_at_ms: START_MS,
                replayed: false,
            }
        })
        .collect();
    for some in held.chunks(2000) {
        shop.sql.put(some).await.unwrap();
    }
    let gate = &shop.gate();
    assert!(gate.warm_up(item, OPEN).await.unwrap());
    let full = GateStock {
        total: 50_001,
        sellable: 1,
        locked: 50_000,
        sold: 0,
    };
    assert_eq!(gate.stock(item).await.unwrap().unwrap(), full);
    for number in [1, 25_000, 50_000] {
        let earlier = hold(item, number).unit.reservation_id;
        let again = reserve(gate, hold_as(item, number, 5)).await;
        assert_eq!(again, Decision::AlreadyReserved(earlier));
    }
    let last = reserve(gate, hold(item, 60_000)).await;
    assert_eq!(last, Decision::Held { position: 50_001 });
}
