//! Entries in flight at an instance are under way, whatever the broker counts: the gate is loaded
//! again only when no instance has any, and such entries are not lost.

use std::sync::Arc;

use app::wire::{ItemId, OrderId};
use server::{
    adapters::{
        rabbitmq::RabbitQueue,
        redis::{GateClock, InFlightNotes, Redis, RedisGate, Timeouts},
    },
    engine::{
        orders::{relay, write_orders},
        ports::{
            Decision, InFlight, OrderQueue, OrderWriter, PortError, QueuedReservation, Reconciled,
            Reserve, ReserveRequest, Restock, StockGate, Unit, Window,
        },
        stock::release,
    },
};
use test_servers::{rabbitmq::shared, redis::RedisServer};
use uuid::Uuid;

use super::{connect, held, take};
use crate::support::{HOUR_MS, START_MS, TestShop, eventually, reserve};

const OPEN: Window = Window {
    starts_at_ms: START_MS,
    ends_at_ms: START_MS + HOUR_MS,
    stopped: false,
};

/// Two instances over one Redis, one RabbitMQ and one ledger. The shop's engine is the first.
struct Instances {
    server: RedisServer,
    shop: TestShop,
    gate: Arc<RedisGate>,
    first: Arc<RabbitQueue>,
    second: Arc<RabbitQueue>,
    notes_of_first: InFlightNotes,
    notes_of_second: InFlightNotes,
}

async fn instances(test: &str) -> Instances {
    let server = RedisServer::start();
    let redis = Redis::new(&[server.url()], test).unwrap();
    let mut shop = TestShop::over(redis.clone()).await;
    let first = connect(shared(), test).await;
    let second = connect(shared(), test).await;
    let gate = Arc::new(RedisGate::new(
        redis.clone(),
        GateClock::Given(shop.clock.clone()),
        Arc::new(shop.sql.clone()),
        second.clone(),
        Timeouts::default(),
    ));
    let only = "the engine is not shared yet";
    Arc::get_mut(&mut shop.engine.orders).expect(only).queue = first.clone();
    let stock = Arc::get_mut(&mut shop.engine.stock).expect(only);
    (stock.gate, stock.restock) = (gate.clone(), gate.clone());
    Instances {
        server,
        shop,
        gate,
        notes_of_first: InFlightNotes::new(redis.clone(), first.clone()),
        notes_of_second: InFlightNotes::new(redis, second.clone()),
        first,
        second,
    }
}

fn hold(item_id: ItemId, number: u32) -> ReserveRequest {
    let queued = held(number);
    ReserveRequest {
        unit: Unit {
            item_id,
            ..queued.unit
        },
        path: queued.path,
        asked_before: false,
    }
}

impl Instances {
    /// The first instance has all entries of these buyers; the second consumes too.
    async fn first_has(&self, item: ItemId, buyers: std::ops::RangeInclusive<u32>) {
        let number = buyers.clone().count();
        for buyer in buyers {
            let decision = reserve(&*self.gate, hold(item, buyer)).await;
            assert!(matches!(decision, Decision::Held { .. }), "{decision:?}");
        }
        eventually("the entries in the queue", async || {
            relay::run_once(&self.shop.engine.orders).await.ok()?;
            let taken = self.first.take_batch(100).await.ok()?;
            (taken.len() == number).then_some(())
        })
        .await;
        assert_eq!(self.second.take_batch(100).await.unwrap(), []);
    }

    async fn is_busy(&self, request: ReserveRequest) -> bool {
        matches!(
            self.gate.reserve(request).await,
            Err(PortError::Busy { .. })
        )
    }

    async fn warm_up(&self, item: ItemId) -> bool {
        self.gate.warm_up(item, OPEN).await.unwrap()
    }

    /// Writes every order that the first instance can write, and runs the following workers.
    async fn work(&self) {
        let orders = &self.shop.engine.orders;
        eventually("nothing to do", async || {
            relay::run_once(orders).await.ok()?;
            let written = write_orders::run_once(orders, 256).await.ok()?;
            let released = release::run_once(&self.shop.engine.stock).await.ok()?;
            (written + released == 0).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_redis_is_not_loaded_while_an_instance_has_messages() {
    let all = instances("in-flight").await;
    let item = all.shop.item(3).await;
    all.first_has(item, 1..=2).await;

    all.server.cli(&["flushall"]);
    for _ in 0..3 {
        all.notes_of_first.note().await.unwrap();
        all.notes_of_second.note().await.unwrap();
        assert!(!all.warm_up(item).await, "two holds are in flight");
        all.shop.clock.advance(20_000);
    }
    assert!(all.is_busy(hold(item, 3)).await);
    all.work().await;
    eventually("the load", async || {
        all.notes_of_first.note().await.ok()?;
        all.notes_of_second.note().await.ok()?;
        let loaded = all.warm_up(item).await;
        all.shop.clock.advance(5_000);
        loaded.then_some(())
    })
    .await;

    let next = reserve(&*all.gate, hold(item, 3)).await;
    assert_eq!(next, Decision::Held { position: 3 });
    let last = reserve(&*all.gate, hold(item, 4)).await;
    assert!(matches!(last, Decision::SoldOut { .. }), "{last:?}");
    eventually("three orders, and nobody who failed", async || {
        all.work().await;
        (all.shop.audit().await.items[0].orders_live == 3).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_redis_is_not_loaded_while_an_instance_is_silent() {
    let all = instances("silent-instance").await;
    let item = all.shop.item(2).await;
    all.first_has(item, 1..=1).await;

    // The first is paused: the broker does not know yet, and has no messages left.
    all.server.cli(&["flushall"]);
    for _ in 0..3 {
        all.notes_of_second.note().await.unwrap();
        assert!(!all.warm_up(item).await, "what does the first have?");
        all.shop.clock.advance(20_000);
    }
    // The broker notices, and the second gets its messages.
    all.first.stop().await;
    let entries = take(&all.second, 1).await;
    let order = |entry: &QueuedReservation| (entry.clone(), OrderId(Uuid::from_u128(1)));
    let batch: Vec<_> = entries.iter().map(order).collect();
    all.shop.sql.write(&batch, START_MS).await.unwrap();
    all.second.ack(&entries).await.unwrap();

    // The first may still publish what it took from the outbox.
    let mut waited_ms = 0;
    eventually("the load", async || {
        all.notes_of_second.note().await.ok()?;
        let loaded = all.gate.warm_up(item, OPEN).await.ok()?;
        if !loaded {
            all.shop.clock.advance(1_000);
            waited_ms += 1_000;
        }
        loaded.then_some(())
    })
    .await;
    assert!(waited_ms >= 20_000, "{waited_ms} ms after a silence");
    let next = reserve(&*all.gate, hold(item, 3)).await;
    assert!(matches!(next, Decision::Held { .. }), "{next:?}");
    let last = reserve(&*all.gate, hold(item, 4)).await;
    assert!(matches!(last, Decision::SoldOut { .. }), "{last:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_in_flight_at_an_instance_is_not_treated_as_lost() {
    let all = instances("kept-in-flight").await;
    let item = all.shop.item(5).await;
    let outbox = all.shop.engine.orders.outbox.clone().unwrap();
    // The queue confirmed the first buyer's entry, and lost it.
    reserve(&*all.gate, hold(item, 1)).await;
    let lost = eventually("the outbox", async || {
        let taken = outbox.take(10).await.entries;
        (!taken.is_empty()).then_some(taken)
    })
    .await;
    outbox.forward(&lost).await.unwrap();
    all.shop.clock.advance(1_000);
    all.first_has(item, 2..=3).await;
    all.shop.clock.advance(10_000);

    let noting = [&all.notes_of_first, &all.notes_of_second]
        .map(|notes| tokio::spawn(notes.clone().keep_noting()));
    let detail = eventually("what was lost", async || {
        match all.gate.reconcile(item).await.ok()? {
            Reconciled::Repaired { detail, .. } => Some(detail),
            Reconciled::Same => None,
        }
    })
    .await;
    assert!(detail.contains("1 units are held"), "{detail}");
    let again = outbox.take(10).await.entries;
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(again[0].reservation, lost[0].reservation);
    assert_eq!(all.gate.reconcile(item).await.unwrap(), Reconciled::Same);
    noting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn an_instance_reports_its_entries() {
    let queue = connect(shared(), "says-in-flight").await;
    assert_eq!(queue.in_flight().await.unwrap(), InFlight::default());
    let under_way = queue.under_way().await.unwrap();
    assert_eq!(under_way.consumers, Some(0), "nobody consumes");

    let early = held(1);
    let late = QueuedReservation {
        held_at_ms: START_MS + 1,
        ..held(2)
    };
    queue.put(&[late.clone(), early.clone()]).await.unwrap();
    let taken = take(&queue, 2).await;
    let in_flight = queue.in_flight().await.unwrap();
    assert!(in_flight.consumes);
    assert_eq!(
        in_flight.oldest_ms.get(&early.unit.item_id),
        Some(&START_MS)
    );
    let under_way = queue.under_way().await.unwrap();
    assert_eq!((under_way.waiting, under_way.consumers), (0, Some(1)));

    queue.ack(&taken).await.unwrap();
    let in_flight = queue.in_flight().await.unwrap();
    assert!(in_flight.consumes && in_flight.oldest_ms.is_empty());
    // Delivered entries count before they are taken.
    queue.put(&[early]).await.unwrap();
    eventually("the delivered entry", async || {
        let in_flight = queue.in_flight().await.unwrap();
        (in_flight.oldest_ms.len() == 1).then_some(())
    })
    .await;
    let again = take(&queue, 1).await;
    queue.ack(&again).await.unwrap();
}
