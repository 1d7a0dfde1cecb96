//! Entries parked by the queue are not lost.

use std::sync::Arc;

use app::wire::{ItemId, OrderId};
use server::{
    adapters::redis::{GateClock, InFlightNotes, ParkingQueue, Redis, RedisGate, Timeouts},
    engine::ports::{
        Decision, Depth, GateStock, OrderQueue, Outbox, ParkedReservations, PortError,
        QueuedReservation, Reconciled, Release, Restock, StockGate, TRIES,
    },
};
use test_servers::{
    rabbitmq::shared,
    redis::{Persistence, RedisServer},
};
use uuid::Uuid;

use super::{OPEN, connect, hold, hold_as, namespace, reserve, take};
use crate::rabbitmq::put_unreadable;
use crate::support::{HOUR_MS, OUTBOX_IDLE, TestShop, eventually};

/// A gate whose queue is RabbitMQ.
struct Place {
    shop: TestShop,
    gate: Arc<RedisGate>,
    queue: ParkingQueue,
    parked: Arc<dyn ParkedReservations>,
    outbox: Arc<dyn Outbox>,
    notes: InFlightNotes,
    /// The queue's namespace.
    namespace: String,
}

impl Place {
    async fn new(test: &str) -> Place {
        Place::on(connect(test), test).await
    }

    async fn on(redis: Redis, test: &str) -> Place {
        let shop = TestShop::over(redis.clone()).await;
        let namespace = namespace(test);
        let rabbit = crate::rabbitmq::connect(shared(), &namespace).await;
        let queue: Arc<dyn OrderQueue> = rabbit.clone();
        let gate = Arc::new(RedisGate::new(
            redis.clone(),
            GateClock::Given(shop.clock.clone()),
            Arc::new(shop.sql.clone()),
            queue.clone(),
            Timeouts::default(),
        ));
        Place {
            notes: InFlightNotes::new(redis.clone(), queue.clone()),
            outbox: Arc::new(shop.redis_outbox(&redis, OUTBOX_IDLE)),
            queue: ParkingQueue {
                queue,
                gate: gate.clone(),
            },
            parked: rabbit,
            gate,
            shop,
            namespace,
        }
    }

    /// Carries the outbox to the queue; returns how many.
    async fn carry(&self) -> usize {
        let taken = take(&*self.outbox, 10).await;
        let entries: Vec<_> = taken
            .iter()
            .map(|entry| entry.reservation.clone())
            .collect();
        self.queue.put(&entries).await.unwrap();
        self.outbox.forward(&taken).await.unwrap();
        taken.len()
    }

    async fn take(&self) -> QueuedReservation {
        let taken = eventually("an entry", async || {
            self.queue.take_batch(10).await.unwrap().pop()
        });
        taken.await
    }

    async fn park(&self) {
        for tries in 1..=TRIES {
            let parked = self.queue.retry_later(&self.take().await).await.unwrap();
            assert_eq!(parked, tries == TRIES);
        }
        self.depth_becomes(0, 1).await;
    }

    /// One check by a worker that has nothing in flight.
    async fn warm_up(&self, item: ItemId) -> bool {
        self.notes.note().await.unwrap();
        self.gate.warm_up(item, OPEN).await.unwrap()
    }

    async fn depth_becomes(&self, waiting: u64, parked: u64) {
        let wanted = Depth {
            waiting,
            parked,
            ..Depth::default()
        };
        eventually(&format!("{wanted:?}"), async || {
            (self.queue.depth().await.unwrap() == wanted).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_hold_is_sent_again_only_when_the_queue_has_lost_it_and_then_it_is_ordered() {
    let place = Place::new("parked").await;
    let item = place.shop.item(1).await;
    let (gate, clock) = (&place.gate, &place.shop.clock);
    reserve(&**gate, hold(item, 1)).await;
    assert_eq!(place.carry().await, 1);
    place.park().await;

    // At the times when a lost hold would have been sent.
    for waited_ms in [10_000, 20_000, 40_000, 3 * HOUR_MS] {
        clock.advance(waited_ms);
        assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
        assert_eq!(place.carry().await, 0);
    }

    // Parked again after a replay: counts from then.
    assert_eq!(place.parked.replay_parked(None).await.unwrap(), 1);
    place.park().await;
    assert_eq!(place.parked.replay_parked(None).await.unwrap(), 1);
    let lost = place.take().await;
    place.queue.ack(&[lost]).await.unwrap();
    place.depth_becomes(0, 0).await;
    clock.advance(2 * HOUR_MS - 1);
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
    clock.advance(1);
    let sent = gate.reconcile(item).await.unwrap();
    assert!(matches!(sent, Reconciled::Repaired { .. }), "{sent:?}");
    assert_eq!(place.carry().await, 1);
    let again = place.take().await;
    assert!(again.replayed, "it is an order however late");
    assert_eq!(again.unit.reservation_id, hold(item, 1).unit.reservation_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_dead_letter_does_not_stop_lost_holds_from_being_sent_again() {
    let place = Place::new("parked-unreadable").await;
    let item = place.shop.item(1).await;
    let (gate, clock) = (&place.gate, &place.shop.clock);
    reserve(&**gate, hold(item, 1)).await;
    assert_eq!(place.carry().await, 1);
    place.park().await;
    assert_eq!(place.parked.replay_parked(None).await.unwrap(), 1);
    let lost = place.take().await;
    place.queue.ack(&[lost]).await.unwrap();

    put_unreadable(&place.namespace, &[b"{"]).await;
    assert_eq!(place.queue.take_batch(10).await.unwrap(), []);
    place.depth_becomes(0, 1).await;
    clock.advance(2 * HOUR_MS);
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
    // Every hour, parked entries are replayed.
    assert_eq!(place.parked.replay_parked(None).await.unwrap(), 0);
    let sent = gate.reconcile(item).await.unwrap();
    assert!(matches!(sent, Reconciled::Repaired { .. }), "{sent:?}");
    assert_eq!(place.carry().await, 1);
    let again = place.take().await;
    assert_eq!(again.unit.reservation_id, hold(item, 1).unit.reservation_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_hold_keeps_its_unit_and_position_when_its_item_is_loaded_again() {
    let place = Place::new("parked-reload").await;
    let item = place.shop.item(2).await;
    let (gate, clock) = (&place.gate, &place.shop.clock);
    reserve(&**gate, hold(item, 1)).await;
    assert_eq!(place.carry().await, 1);
    place.park().await;
    // Another unit is withdrawn, which closes the item.
    reserve(&**gate, hold(item, 2)).await;
    assert_eq!(place.carry().await, 1);
    let withdrawn = place.take().await;
    place.queue.ack(&[withdrawn]).await.unwrap();
    gate.release(hold(item, 2).unit, Release::Withdraw)
        .await
        .unwrap();

    assert!(!place.warm_up(item).await, "too soon");
    clock.advance(5_000);
    assert!(place.warm_up(item).await);
    let stock = GateStock {
        total: 2,
        sellable: 1,
        locked: 1,
        sold: 0,
    };
    assert_eq!(gate.stock(item).await.unwrap(), Some(stock));
    let again = reserve(&**gate, hold_as(item, 1, 9)).await;
    let parked = hold(item, 1).unit.reservation_id;
    assert_eq!(again, Decision::AlreadyReserved(parked));
    let next = reserve(&**gate, hold(item, 3)).await;
    assert_eq!(next, Decision::Held { position: 2 });
    let refused = reserve(&**gate, hold(item, 4)).await;
    assert!(matches!(refused, Decision::SoldOut { .. }), "{refused:?}");
    clock.advance(60_000);
    place.notes.note().await.unwrap();
    gate.reconcile(item).await.unwrap();
    let sent = take(&*place.outbox, 10).await;
    let sent: Vec<_> = sent
        .iter()
        .map(|entry| entry.reservation.unit.buyer)
        .collect();
    assert!(
        !sent.contains(&hold(item, 1).unit.buyer),
        "it is still parked"
    );
}

/// The ledger would accept it now, but the gate was not told that it is in the queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_was_parked_while_redis_did_not_answer_is_parked_once_more_and_ordered_once() {
    let server = RedisServer::start_with(Persistence::Disk);
    let redis = Redis::new(&[server.url()], &namespace("parked-unheard")).unwrap();
    let place = Place::on(redis, "parked-unheard").await;
    let item = place.shop.item(2).await;
    let (gate, clock) = (&place.gate, &place.shop.clock);
    reserve(&**gate, hold(item, 1)).await;
    assert_eq!(place.carry().await, 1);
    server.kill();
    place.park().await;
    server.restart();

    let reconcile = async || match gate.reconcile(item).await {
        Err(PortError::Busy { .. }) => None,
        answer => Some(answer.unwrap()),
    };
    clock.advance(200_000);
    let sent = eventually("the hold to be missed", async || {
        reconcile()
            .await
            .filter(|answer| *answer != Reconciled::Same)
    })
    .await;
    assert!(matches!(sent, Reconciled::Repaired { .. }), "{sent:?}");
    assert_eq!(place.carry().await, 1);
    for tries in 1..=TRIES {
        let parked = place.queue.retry_later(&place.take().await).await.unwrap();
        assert_eq!(parked, tries == TRIES);
    }
    place.depth_becomes(0, 2).await;
    for waited_ms in [300_000, 600_000, 3 * HOUR_MS] {
        clock.advance(waited_ms);
        assert_eq!(reconcile().await.unwrap(), Reconciled::Same);
    }

    assert_eq!(place.parked.replay_parked(None).await.unwrap(), 2);
    let mut batch = Vec::new();
    eventually("both entries", async || {
        let taken = place.queue.take_batch(10).await.unwrap();
        batch.extend(
            taken
                .into_iter()
                .map(|entry| (entry, OrderId(Uuid::now_v7()))),
        );
        (batch.len() == 2).then_some(())
    })
    .await;
    let writer = &place.shop.engine.orders.writer;
    writer.write(&batch, clock.get()).await.unwrap();
    assert_eq!(place.shop.audit().await.items[0].orders_live, 1);
}
