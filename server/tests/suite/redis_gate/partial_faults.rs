//! A partial fault does not affect the rest: a relay without its queue, a Redis Cluster without one
//! of its masters.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use app::wire::{ItemId, Rejection};
use futures::future::join_all;
use server::{
    adapters::{
        fault_injection::{Fault, FaultInjector, Point},
        redis::Redis,
    },
    engine::{
        orders::{relay, write_orders},
        ports::{Decision, Outbox, PortError, Reserve, ReserveRequest, StockGate},
        stock::{release, warm_up},
    },
};
use test_servers::redis::RedisCluster;

use super::{connect, hold, hold_as, namespace, reserve, take};
use crate::support::{Data, ManualClock, OUTBOX_IDLE, START_MS, TestShop, eventually};

/// Whether the queue can be reached from one instance.
#[derive(Default)]
struct Unreachable(AtomicU8);

const REACHED: u8 = 0;
/// The fault is known before entries are taken.
const KNOWN: u8 = 1;
/// The connection breaks while entries are put.
const LATE: u8 = 2;

impl FaultInjector for Unreachable {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        let fails = match self.0.load(Ordering::SeqCst) {
            KNOWN => call == "can_put",
            LATE => call == "put",
            _ => false,
        };
        match (fails, point) {
            (true, Point::Before) => Fault::Fail,
            _ => Fault::None,
        }
    }
}

#[tokio::test]
async fn a_relay_without_its_queue_blocks_no_other() {
    let redis = connect("unreachable");
    let plan = Arc::new(Unreachable::default());
    let clock = Arc::new(ManualClock::at(START_MS));
    let shop = TestShop::open(
        Data::embedded(),
        clock,
        Arc::default(),
        Some(plan.clone()),
        |_| {},
    );
    let shop = shop.await.with_gate_on(redis.clone());
    let item = shop.item(5).await;
    for number in 1..=3 {
        reserve(&shop.gate(), hold(item, number)).await;
    }
    let other = shop.redis_outbox(&redis, OUTBOX_IDLE);
    for fault in [KNOWN, LATE] {
        plan.0.store(fault, Ordering::SeqCst);
        relay::run_once(&shop.engine.orders).await.unwrap_err();
        let taken = take(&other, 10).await;
        assert_eq!(taken.len(), 3, "at once");
        other.give_back(&taken).await.unwrap();
    }
    plan.0.store(REACHED, Ordering::SeqCst);
    assert_eq!(relay::run_once(&shop.engine.orders).await.unwrap(), 3);
    assert_eq!(other.depth().await.unwrap(), 0);
}

/// One item on each node, in the nodes' order.
async fn an_item_on_every_node(
    shop: &TestShop,
    cluster: &RedisCluster,
    redis: &Redis,
    stock: u32,
) -> [ItemId; 3] {
    let mut items = [None; 3];
    while items.contains(&None) {
        let item = shop.item(stock).await;
        let node = cluster
            .master_of(&redis.key(&format!("{{{item}}}:item")))
            .unwrap();
        items[node].get_or_insert(item);
    }
    items.map(Option::unwrap)
}

/// The first calls to a new cluster may get no answer in time.
async fn warmed_up(shop: &TestShop) {
    eventually(
        "every item at its gate",
        async || match warm_up::run_once(&shop.engine.stock).await {
            Err(PortError::Busy { .. }) => None,
            answer => Some(answer.unwrap()),
        },
    )
    .await;
}

/// The reservations that wait for their orders, once there are this many; the relay's error comes
/// from the dead master.
async fn relayed(shop: &TestShop, number: usize) {
    eventually("the holds of the other items", async || {
        let run = relay::run_once(&shop.engine.orders).await;
        assert!(
            matches!(run, Ok(_) | Err(PortError::Busy { .. })),
            "{run:?}"
        );
        let queued = shop.engine.orders.queue.take_batch(100).await.unwrap();
        (queued.len() == number).then_some(())
    })
    .await;
}

/// A sale of one item on each of three masters, one of which dies.
struct Sale {
    shop: TestShop,
    items: [ItemId; 3],
    /// Each round has different buyers.
    round: u32,
}

impl Sale {
    fn request(&self, node: usize, n: u32) -> ReserveRequest {
        let number = self.round * 1000 + node as u32 * 100 + n;
        hold_as(self.items[node], number, 0xdead_0000 + u128::from(number))
    }

    async fn write_orders(&self) -> u32 {
        let run = write_orders::run_once(&self.shop.engine.orders, 100).await;
        run.unwrap()
    }

    /// For every item: a unit that is due for release, and a hold in the outbox.
    async fn prepare(&self) {
        let orders = &self.shop.engine.orders;
        for node in 0..3 {
            reserve(&self.shop.gate(), self.request(node, 1)).await;
        }
        relay::run_once(orders).await.unwrap();
        let queued = orders.queue.take_batch(100).await.unwrap();
        let now_ms = self.shop.clock.get();
        let failed = orders.writer.fail(&queued, Rejection::Busy, now_ms).await;
        assert_eq!(failed.unwrap().len(), 3);
        for node in 0..3 {
            reserve(&self.shop.gate(), self.request(node, 2)).await;
        }
    }

    async fn others_are_sold_ordered_and_released(&self, dead: usize) {
        let gate = &self.shop.gate();
        let alive: Vec<usize> = (0..3).filter(|node| *node != dead).collect();
        // Many concurrent callers of the dead master do not delay the others for long.
        let refused = join_all((3..60).map(|n| gate.reserve(self.request(dead, n)))).await;
        let is_busy = |answer: &Result<_, _>| matches!(answer, Err(PortError::Busy { .. }));
        assert!(refused.iter().all(is_busy), "{refused:?}");
        for node in &alive {
            let decision = reserve(gate, self.request(*node, 3)).await;
            assert!(matches!(decision, Decision::Held { .. }), "{decision:?}");
        }
        relayed(&self.shop, 4).await;
        // While the client searches for the dead one, a call to another may get no answer in time.
        eventually("the units of the other items", async || {
            let run = release::run_once(&self.shop.engine.stock).await;
            assert!(matches!(run, Err(PortError::Busy { .. })), "{run:?}");
            let held = 2 * (self.round + 1);
            for node in &alive {
                let stock = gate.stock(self.items[*node]).await.ok()??;
                if (stock.locked, stock.sellable) != (held, 9 - held) {
                    return None;
                }
            }
            Some(())
        })
        .await;
        assert_eq!(self.write_orders().await, 4);
    }

    async fn entries_of_the_dead_master_are_processed(&self, dead: usize) {
        let engine = &self.shop.engine;
        let outbox = engine.orders.outbox.as_ref().unwrap();
        eventually("everything of the dead one to go on", async || {
            let relayed = relay::run_once(&engine.orders).await.is_ok();
            let released = release::run_once(&engine.stock).await.is_ok();
            (relayed && released && outbox.depth().await.ok()? == 0).then_some(())
        })
        .await;
        assert_eq!(self.write_orders().await, 1);
        let again = reserve(&self.shop.gate(), self.request(dead, 3)).await;
        assert!(matches!(again, Decision::Held { .. }), "{again:?}");
        relayed(&self.shop, 1).await;
        assert_eq!(self.write_orders().await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_master_of_a_redis_cluster_does_not_affect_items_on_the_others() {
    let cluster = RedisCluster::start();
    let redis = Redis::new(&cluster.urls(), &namespace("dead-master")).unwrap();
    let shop = TestShop::over(redis.clone()).await;
    let items = an_item_on_every_node(&shop, &cluster, &redis, 9).await;
    warmed_up(&shop).await;
    let list = cluster.master_of(&redis.key("items")).unwrap();
    let round = 0;
    let mut sale = Sale { shop, items, round };
    // Includes the master with the list of outboxes, which the relay has read by then.
    for dead in [(list + 1) % 3, list] {
        sale.prepare().await;
        cluster.kill(dead);
        sale.others_are_sold_ordered_and_released(dead).await;
        cluster.restart(dead);
        sale.entries_of_the_dead_master_are_processed(dead).await;
        sale.round += 1;
    }
    sale.shop.audit().await;
}

/// Between two runs the relay checks whether to stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_carries_one_batch_a_run_while_a_master_is_dead() {
    const HOLDS: u64 = 600;
    const BATCH: u64 = 256;
    let cluster = RedisCluster::start();
    let redis = Redis::new(&cluster.urls(), &namespace("batches")).unwrap();
    let shop = TestShop::over(redis.clone()).await;
    let items = an_item_on_every_node(&shop, &cluster, &redis, HOLDS as u32).await;
    warmed_up(&shop).await;
    let orders = &shop.engine.orders;
    assert_eq!(relay::run_once(orders).await.unwrap(), 0);
    let list = cluster.master_of(&redis.key("items")).unwrap();
    let gate = &shop.gate();
    let holds = (1..=HOLDS as u32).map(|number| reserve(gate, hold(items[list], number)));
    join_all(holds).await;
    cluster.kill((list + 1) % 3);

    let mut carried = 0;
    eventually("all holds of the living master", async || {
        let run = relay::run_once(orders).await;
        assert!(
            matches!(run, Ok(_) | Err(PortError::Busy { .. })),
            "{run:?}"
        );
        let now = orders.queue.depth().await.unwrap().waiting;
        let batch = now - std::mem::replace(&mut carried, now);
        assert!(batch <= BATCH, "{batch} in one run");
        (now == HOLDS).then_some(())
    })
    .await;
}
