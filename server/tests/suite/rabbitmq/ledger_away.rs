//! An order writer that cannot reach the ledger does not block the others.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use server::{
    adapters::{
        fault_injection::{Fault, FaultInjector, Point},
        rabbitmq::RabbitQueue,
    },
    engine::{
        orders::write_orders,
        ports::{OrderQueue, PortError, QueuedReservation},
    },
};
use test_servers::rabbitmq::shared;

use super::{connect, depth_becomes, is_busy, many, take};
use crate::support::{Data, ManualClock, START_MS, TestShop, eventually};

/// While `away`, calls to the ledger get no answer.
#[derive(Default)]
struct LedgerAway {
    away: AtomicBool,
    writes: AtomicU32,
}

impl FaultInjector for LedgerAway {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        if !self.away.load(Ordering::SeqCst) || point == Point::After {
            return Fault::None;
        }
        match call {
            "write" | "fail" => {
                self.writes.fetch_add(1, Ordering::SeqCst);
                Fault::Busy
            }
            "can_write" => Fault::Busy,
            _ => Fault::None,
        }
    }
}

/// An instance on RabbitMQ, with its own connection to the ledger.
async fn instance(queue: &Arc<RabbitQueue>, plan: Option<Arc<dyn FaultInjector>>) -> TestShop {
    let clock = Arc::new(ManualClock::at(START_MS));
    let shop = TestShop::open(Data::embedded(), clock, Arc::default(), plan, |_| {});
    let mut shop = shop.await;
    let orders = Arc::get_mut(&mut shop.engine.orders).expect("the engine is not shared yet");
    orders.queue = queue.clone();
    shop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_writer_without_its_ledger_leaves_the_orders_to_another() {
    let (queue, other_queue) = (
        connect(shared(), "ledger-away").await,
        connect(shared(), "ledger-away").await,
    );
    let plan = Arc::new(LedgerAway::default());
    let cut_off = instance(&queue, Some(plan.clone())).await;
    let sound = instance(&other_queue, None).await;
    let item_id = sound.item(300).await;
    let of_item = |mut entry: QueuedReservation| {
        entry.unit.item_id = item_id;
        entry
    };
    let entries: Vec<_> = many(300).into_iter().map(of_item).collect();
    queue.put(&entries).await.unwrap();

    plan.away.store(true, Ordering::SeqCst);
    let answer = eventually("a batch of the one that is cut off", async || {
        let run = write_orders::run_once(&cut_off.engine.orders, 256).await;
        (plan.writes.load(Ordering::SeqCst) > 0).then_some(run)
    });
    let answer = answer.await;
    assert!(matches!(answer, Err(PortError::Busy { .. })), "{answer:?}");
    let mut written = 0;
    eventually("all orders", async || {
        let refused = write_orders::run_once(&cut_off.engine.orders, 256).await;
        assert!(is_busy(&refused.unwrap_err()));
        written += write_orders::run_once(&sound.engine.orders, 256)
            .await
            .unwrap();
        (written >= 300).then_some(())
    })
    .await;
    assert_eq!(sound.audit().await.items[0].orders_live, 300);
    let writes = plan.writes.load(Ordering::SeqCst);
    assert_eq!(writes, 1, "it took nothing more before its ledger answered");

    plan.away.store(false, Ordering::SeqCst);
    eventually("the one that was cut off to take part again", async || {
        write_orders::run_once(&cut_off.engine.orders, 256)
            .await
            .ok()
    })
    .await;
}

#[tokio::test]
async fn entries_given_back_go_to_another_instance_at_once_and_in_order() {
    let (one, two) = (
        connect(shared(), "given-back").await,
        connect(shared(), "given-back").await,
    );
    let entries = many(100);
    one.put(&entries).await.unwrap();
    assert_eq!(take(&one, 100).await, entries);
    one.ack(&entries[..10]).await.unwrap();
    one.give_back().await.unwrap();
    assert!(is_busy(&one.take_batch(10).await.unwrap_err()), "not now");
    assert_eq!(take(&two, 90).await, entries[10..]);
    two.ack(&entries[10..]).await.unwrap();
    depth_becomes(&two, 0, 0).await;
    one.put(&entries[..1]).await.unwrap();
    two.stop().await;
    assert_eq!(take(&one, 1).await, entries[..1]);
    one.ack(&entries[..1]).await.unwrap();
}
