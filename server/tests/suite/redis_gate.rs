//! Behaviour specific to the gate on Redis: it is shared by instances, follows Redis's clock, is
//! split into segments, and can lose data. Behaviour of all gates is in the contract suite.

mod audit;
mod lost_data;
mod lost_keys;
mod outbox;
mod parked;
mod partial_faults;
mod reconcile;
mod reload;
mod replication;
mod segments;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use app::wire::{AccountId, ItemId, Rejection, ReservationId};
use server::{
    adapters::redis::{Arg, GateClock, Redis, RedisGate, Timeouts, scripts},
    engine::{
        orders::{relay, write_orders},
        ports::{
            Decision, Outbox, OutboxEntry, PortError, Reserve, ReserveRequest, StockGate, Unit,
            Window,
        },
        stock::release,
    },
};
use test_servers::redis::{shared, shared_cluster};
use uuid::Uuid;

use crate::support::{HOUR_MS, START_MS, TestShop, reserve};

const OPEN: Window = Window {
    starts_at_ms: START_MS,
    ends_at_ms: START_MS + HOUR_MS,
    stopped: false,
};

/// The shared Redis, with a namespace for the test.
pub fn connect(test: &str) -> Redis {
    Redis::new(&[shared().url()], &namespace(test)).unwrap()
}

/// The same on the shared Redis Cluster.
fn connect_cluster(test: &str) -> Redis {
    Redis::new(&shared_cluster().urls(), &namespace(test)).unwrap()
}

fn namespace(test: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{test}-{}", COUNT.fetch_add(1, Ordering::SeqCst))
}

/// Runs `redis-cli` on the shared Redis; the first argument of the command is a key of an item.
fn cli(redis: &Redis, command: &str, key: (ItemId, &str), more: &[&str]) -> String {
    let key = redis.key(&format!("{{{}}}:{}", key.0, key.1));
    let words: Vec<_> = [command, &key]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    shared().cli(&words)
}

/// Takes units of an item's first segment for its second, like a process that then dies.
async fn take_units(redis: &Redis, item: ItemId, transfer: &str) -> i64 {
    let epoch = cli(redis, "hget", (item, "item"), &["epoch"]);
    let keys = ["item", "transfers"].map(|what| redis.key(&format!("{{{item}}}:{what}")));
    let args = [Arg::Text(&epoch), Arg::Text(transfer), Arg::Number(1)];
    let taken = redis.invoke(&scripts::gate::TRANSFER_TAKE, &keys, &args);
    taken.await.unwrap()
}

/// Gives them to the second segment; returns 1 if it has them then.
async fn give_units(redis: &Redis, item: ItemId, transfer: &str, units: i64) -> i64 {
    let epoch = cli(redis, "hget", (item, "item"), &["epoch"]);
    let keys = ["item", "received"].map(|what| redis.key(&format!("{{{item}/1}}:{what}")));
    let args = [Arg::Text(&epoch), Arg::Text(transfer), Arg::Number(units)];
    let given = redis.invoke(&scripts::gate::TRANSFER_GIVE, &keys, &args);
    given.await.unwrap()
}

fn buyer(number: u32) -> AccountId {
    AccountId(Uuid::from_u128(u128::from(number)))
}

fn hold_as(item_id: ItemId, number: u32, reservation: u128) -> ReserveRequest {
    ReserveRequest {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(reservation)),
            item_id,
            buyer: buyer(number),
        },
        path: format!("path{number}"),
        asked_before: false,
    }
}

fn hold(item_id: ItemId, number: u32) -> ReserveRequest {
    hold_as(item_id, number, 0xcc0_0000 + u128::from(number))
}

/// The entries that a relay gets when every outbox answers.
async fn take(outbox: &dyn Outbox, limit: u32) -> Vec<OutboxEntry> {
    let taken = outbox.take(limit).await;
    assert!(taken.unread.is_none(), "{:?}", taken.unread);
    taken.entries
}

async fn relay(shop: &TestShop) {
    let run = async || match relay::run_once(&shop.engine.orders).await {
        Err(PortError::Busy { .. }) => None,
        answer => Some(answer.unwrap()),
    };
    while crate::support::eventually("an answer", run).await > 0 {}
}

/// Runs the workers until they find no more work.
async fn work(shop: &TestShop) {
    relay(shop).await;
    while write_orders::run_once(&shop.engine.orders, 256)
        .await
        .unwrap()
        > 0
    {}
    while release::run_once(&shop.engine.stock).await.unwrap() > 0 {}
}

async fn is_busy(gate: &dyn Reserve, hold: ReserveRequest) -> bool {
    matches!(gate.reserve(hold).await, Err(PortError::Busy { .. }))
}

#[tokio::test]
async fn the_clock_of_redis_decides_the_window() {
    let shop = TestShop::over(connect("clock")).await;
    let sql = Arc::new(shop.sql.clone());
    let redis = connect("server-clock");
    let timeouts = Timeouts::default();
    let gate = RedisGate::new(redis, GateClock::Server, sql.clone(), sql, timeouts);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now_ms = now.as_millis() as i64;
    for (starts_at_ms, ends_at_ms, expected) in [
        (
            now_ms - HOUR_MS,
            now_ms - 1000,
            Decision::Refused(Rejection::Ended),
        ),
        (
            now_ms - 1000,
            now_ms + HOUR_MS,
            Decision::Held { position: 1 },
        ),
        (
            now_ms + HOUR_MS,
            now_ms + 2 * HOUR_MS,
            Decision::Refused(Rejection::NotStarted),
        ),
    ] {
        let item = shop.item_in(1, starts_at_ms, ends_at_ms, None).await;
        assert_eq!(reserve(&gate, hold(item, 1)).await, expected);
    }
}

#[tokio::test]
async fn a_redis_that_lost_its_scripts_gets_them_again() {
    let shop = TestShop::over(connect("scripts")).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    assert_eq!(
        reserve(gate, hold(item, 1)).await,
        Decision::Held { position: 1 }
    );
    shared().cli(&["script", "flush"]);
    assert_eq!(
        reserve(gate, hold(item, 2)).await,
        Decision::Held { position: 2 }
    );
}

#[tokio::test]
async fn instances_of_the_server_share_one_stock() {
    let redis = connect("instances");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1).await;
    let other = shop.redis_gate(&redis, Timeouts::default());
    assert!(shop.gate().warm_up(item, OPEN).await.unwrap());
    assert!(!other.warm_up(item, OPEN).await.unwrap());
    assert_eq!(
        reserve(&other, hold(item, 1)).await,
        Decision::Held { position: 1 }
    );
    let decision = reserve(&shop.gate(), hold(item, 2)).await;
    assert!(matches!(decision, Decision::SoldOut { .. }));
    assert_eq!(
        other.stock(item).await.unwrap(),
        shop.gate().stock(item).await.unwrap()
    );
}

#[tokio::test]
async fn the_keys_of_an_item_expire_except_its_outbox() {
    let redis = connect("expiry");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    reserve(&shop.gate(), hold(item, 1)).await;
    let week_ms = 7 * 24 * HOUR_MS;
    for what in ["item", "holders", "positions"] {
        let life_ms: i64 = cli(&redis, "pttl", (item, what), &[]).parse().unwrap();
        assert!(
            (week_ms..=week_ms + HOUR_MS).contains(&life_ms),
            "{what}: {life_ms}"
        );
    }
    assert_eq!(cli(&redis, "pttl", (item, "outbox"), &[]), "-1");
    let longer = Window {
        ends_at_ms: OPEN.ends_at_ms + 5 * HOUR_MS,
        ..OPEN
    };
    shop.gate().warm_up(item, longer).await.unwrap();
    let life_ms: i64 = cli(&redis, "pttl", (item, "holders"), &[]).parse().unwrap();
    assert!(life_ms > week_ms + 5 * HOUR_MS, "{life_ms}");
}
