//! Faults specific to RabbitMQ as the order queue: it dies, stops answering, closes connections,
//! delivers a message twice, or has messages of another format.

mod in_flight;
mod ledger_away;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::{AccountId, ItemId, ReservationId};
use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use server::{
    adapters::{
        rabbitmq::{PREFETCH, RabbitQueue},
        tls::Trust,
    },
    engine::ports::{
        Depth, Job, OrderQueue, ParkedReservations, PortError, QueuedReservation, Unit, WakeSignal,
    },
};
use tokio::{sync::Notify, time::timeout};
use uuid::Uuid;

use crate::support::{START_MS, eventually};
use test_servers::rabbitmq::{RabbitServer, shared};

/// Instead of the real seconds.
const RETRY_AFTER: Duration = Duration::from_millis(100);

#[derive(Default)]
struct TestWakeSignal(Notify);

impl WakeSignal for TestWakeSignal {
    fn notify(&self, job: Job) {
        assert_eq!(job, Job::WriteOrders);
        self.0.notify_one();
    }
}

pub async fn connect(server: &RabbitServer, namespace: &str) -> Arc<RabbitQueue> {
    connect_with(server, namespace, Arc::default()).await
}

async fn connect_with(
    server: &RabbitServer,
    namespace: &str,
    wake: Arc<TestWakeSignal>,
) -> Arc<RabbitQueue> {
    let (url, trust) = (server.url(), Trust::default());
    let queue = RabbitQueue::connect(&url, &trust, namespace, RETRY_AFTER, true, wake).await;
    Arc::new(queue.unwrap())
}

fn held(number: u32) -> QueuedReservation {
    QueuedReservation {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(0xcc00 + u128::from(number))),
            item_id: ItemId(Uuid::from_u128(1)),
            buyer: AccountId(Uuid::from_u128(u128::from(number))),
        },
        path: format!("path{number}"),
        position: number,
        held_at_ms: START_MS,
        replayed: false,
    }
}

fn many(count: u32) -> Vec<QueuedReservation> {
    (1..=count).map(held).collect()
}

/// Takes until there are this many entries; a connection may be lost in between.
async fn take(queue: &RabbitQueue, wanted: usize) -> Vec<QueuedReservation> {
    eventually("entries", async || match queue.take_batch(1_000).await {
        Ok(taken) => (taken.len() >= wanted).then_some(taken),
        Err(error) => {
            assert!(is_busy(&error), "{error:?}");
            None
        }
    })
    .await
}

async fn depth_becomes(queue: &RabbitQueue, waiting: u64, parked: u64) {
    let wanted = (waiting, parked);
    eventually(&format!("{wanted:?} waiting and parked"), async || {
        let depth = queue.depth().await.ok()?;
        ((depth.waiting, depth.parked) == wanted).then_some(())
    })
    .await;
}

async fn put_until_confirmed(queue: &RabbitQueue, entries: &[QueuedReservation]) {
    eventually("the broker", async || queue.put(entries).await.ok()).await;
}

fn is_busy(error: &PortError) -> bool {
    matches!(error, PortError::Busy { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmed_entry_survives_a_killed_broker() {
    let server = RabbitServer::start();
    let queue = connect(&server, "killed").await;
    let entries = many(20);
    queue.put(&entries[..10]).await.unwrap();
    assert_eq!(take(&queue, 10).await, entries[..10]);
    queue.ack(&entries[..3]).await.unwrap();
    depth_becomes(&queue, 0, 0).await;

    server.kill();
    for _ in 0..3 {
        let began = Instant::now();
        assert!(is_busy(&queue.put(&entries[10..]).await.unwrap_err()));
        assert!(is_busy(&queue.can_put().await.unwrap_err()));
        assert!(is_busy(&queue.depth().await.unwrap_err()));
        assert!(began.elapsed() < Duration::from_secs(1), "refused at once");
    }
    eventually("the loss to be noticed", async || {
        queue.take_batch(10).await.err().filter(is_busy)
    })
    .await;
    queue.ack(&entries[3..4]).await.unwrap();
    let late = connect(&server, "killed").await;
    assert!(is_busy(&late.ping().await.unwrap_err()));

    server.restart();
    put_until_confirmed(&queue, &entries[10..]).await;
    // An entry whose acknowledgement the dead broker did not get, or write, comes again.
    let again = take(&queue, 17).await;
    let ids = |entries: &[QueuedReservation]| -> HashSet<_> {
        entries
            .iter()
            .map(|entry| entry.unit.reservation_id)
            .collect()
    };
    assert!(ids(&again).is_superset(&ids(&entries[3..])));
    queue.ack(&again).await.unwrap();
    depth_becomes(&queue, 0, 0).await;
    eventually("a connection", async || late.ping().await.ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_works_again_after_a_paused_broker_and_closed_connections() {
    let server = RabbitServer::start();
    let queue = connect(&server, "silent").await;
    let entries = many(4);
    queue.put(&entries[..2]).await.unwrap();
    assert_eq!(take(&queue, 2).await, entries[..2]);

    server.ctl(&["close_all_connections", "test"]);
    put_until_confirmed(&queue, &entries[2..3]).await;
    eventually("what was not acknowledged to come again", async || {
        let taken = queue.take_batch(10).await.ok()?;
        (taken == entries[..3]).then_some(())
    })
    .await;
    queue.ack(&entries[..3]).await.unwrap();
    depth_becomes(&queue, 0, 0).await;

    server.pause();
    for _ in 0..3 {
        let began = Instant::now();
        assert!(is_busy(&queue.put(&entries[3..]).await.unwrap_err()));
        let elapsed = began.elapsed();
        assert!(elapsed < Duration::from_secs(4), "{elapsed:?}");
    }
    server.resume();
    put_until_confirmed(&queue, &entries[3..]).await;
    // An entry that was not confirmed in time may have arrived anyway: it is the same reservation.
    assert_eq!(take(&queue, 1).await, entries[3..]);
    eventually("the last of them", async || {
        assert!(queue.take_batch(10).await.unwrap().len() <= 1);
        queue.ack(&entries[3..]).await.unwrap();
        let empty = queue.depth().await.unwrap() == Depth::default();
        (empty && queue.take_batch(10).await.unwrap().is_empty()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_without_memory_refuses_entries_at_once() {
    let server = RabbitServer::start();
    let queue = connect(&server, "blocked").await;
    queue.put(&many(1)).await.unwrap();
    let watermark = |share| server.ctl(&["set_vm_memory_high_watermark", share]);
    watermark("0.00001");
    eventually("the alarm", async || {
        queue.put(&[held(2)]).await.err().filter(is_busy)
    })
    .await;
    for _ in 0..20 {
        let began = Instant::now();
        assert!(is_busy(&queue.put(&[held(2)]).await.unwrap_err()));
        assert!(is_busy(&queue.can_put().await.unwrap_err()));
        assert!(began.elapsed() < Duration::from_secs(1), "refused at once");
    }
    // Consuming frees memory.
    let taken = take(&queue, 1).await;
    queue.ack(&taken).await.unwrap();
    watermark("0.4");
    put_until_confirmed(&queue, &[held(3)]).await;
    queue.can_put().await.unwrap();
    eventually("the last", async || {
        let taken = queue.take_batch(10).await.unwrap();
        queue.ack(&taken).await.unwrap();
        taken.contains(&held(3)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_reservation_delivered_twice_is_one_entry() {
    let queue = connect(shared(), "twice").await;
    let entries = many(3);
    queue.put(&entries).await.unwrap();
    queue.put(&entries).await.unwrap();
    assert_eq!(take(&queue, 3).await, entries);
    // All six messages were delivered, and the queue returns three entries.
    depth_becomes(&queue, 0, 0).await;
    assert_eq!(queue.take_batch(10).await.unwrap(), entries);
    queue.ack(&entries[1..]).await.unwrap();
    queue.ack(&entries[..1]).await.unwrap();
    queue.stop().await;
    let other = connect(shared(), "twice").await;
    depth_becomes(&other, 0, 0).await;
    assert_eq!(other.take_batch(10).await.unwrap(), []);
}

/// Puts invalid entries into a namespace's queue.
pub async fn put_unreadable(namespace: &str, bodies: &[&[u8]]) {
    let url = shared().url();
    let broker = Connection::connect(&url, ConnectionProperties::default());
    let channel = broker.await.unwrap().create_channel().await.unwrap();
    let confirms = ConfirmSelectOptions::default();
    channel.confirm_select(confirms).await.unwrap();
    for body in bodies {
        let options = BasicPublishOptions::default();
        let properties = BasicProperties::default();
        let exchange = format!("{namespace}.orders").into();
        let sent = channel.basic_publish(exchange, "new".into(), options, body, properties);
        assert!(sent.await.unwrap().await.unwrap().is_ack());
    }
}

#[tokio::test]
async fn an_unreadable_message_goes_to_the_dead_letters_and_stays_there_until_it_is_removed() {
    let queue = connect(shared(), "poison").await;
    queue.put(&[held(1)]).await.unwrap();
    let bodies: [&[u8]; 4] = [b"", b"{", b"\xff\xfe", br#"{"v":99}"#];
    put_unreadable("poison", &bodies).await;
    queue.put(&[held(2)]).await.unwrap();
    assert_eq!(take(&queue, 2).await, many(2));
    depth_becomes(&queue, 0, 4).await;
    assert_eq!(queue.depth().await.unwrap().unreadable, 0, "not seen yet");
    assert_eq!(queue.replay_parked(None).await.unwrap(), 0);
    depth_becomes(&queue, 0, 4).await;
    assert_eq!(queue.depth().await.unwrap().unreadable, 4);
    let parked = queue.parked(10).await.unwrap();
    assert_eq!(parked.entries, []);
    let mut listed = parked.unreadable;
    listed.sort_unstable();
    let mut sorted = bodies;
    sorted.sort_unstable();
    assert_eq!(listed, sorted);
    depth_becomes(&queue, 0, 4).await;
    assert_eq!(queue.remove_unreadable().await.unwrap(), 4);
    depth_becomes(&queue, 0, 0).await;
    assert_eq!(queue.depth().await.unwrap().unreadable, 0);
    queue.ack(&many(2)).await.unwrap();
}

#[tokio::test]
async fn two_instances_share_the_queue_and_one_takes_over_from_the_other() {
    let (one, two) = (
        connect(shared(), "shared").await,
        connect(shared(), "shared").await,
    );
    let entries = many(800);
    one.put(&entries).await.unwrap();
    let prefetch = usize::from(PREFETCH);
    let first = take(&one, prefetch).await;
    let second = take(&two, entries.len() - prefetch).await;
    let all: HashSet<_> = first.iter().chain(&second).map(|e| e.position).collect();
    assert_eq!(all.len(), 800, "no entry is taken twice");
    one.ack(&first[..12]).await.unwrap();
    two.ack(&second).await.unwrap();
    one.stop().await;
    assert_eq!(one.take_batch(10).await.unwrap(), []);
    let taken_over = take(&two, prefetch - 12).await;
    assert_eq!(taken_over, first[12..]);
    two.ack(&taken_over).await.unwrap();
    depth_becomes(&two, 0, 0).await;
}

#[tokio::test]
async fn memory_holds_no_more_than_the_prefetch() {
    let queue = connect(shared(), "prefetch").await;
    let entries = many(u32::from(PREFETCH) + 100);
    queue.put(&entries).await.unwrap();
    let prefetch = usize::from(PREFETCH);
    assert_eq!(take(&queue, prefetch).await, entries[..prefetch]);
    depth_becomes(&queue, 100, 0).await;
    assert_eq!(queue.take_batch(1_000).await.unwrap().len(), prefetch);
    queue.ack(&entries[..200]).await.unwrap();
    depth_becomes(&queue, 0, 0).await;
    assert_eq!(take(&queue, 412).await, entries[200..]);
}

#[tokio::test]
async fn a_message_without_a_queue_is_an_error_and_the_queue_is_declared_again() {
    let queue = connect(shared(), "deleted").await;
    queue.put(&[held(1)]).await.unwrap();
    assert_eq!(take(&queue, 1).await, [held(1)]);
    shared().ctl(&["delete_queue", "deleted.orders"]);
    let error = queue.put(&[held(2)]).await.unwrap_err();
    assert!(matches!(error, PortError::Failed { .. }), "{error:?}");
    put_until_confirmed(&queue, &[held(2)]).await;
    eventually("the new queue's entry", async || {
        (queue.take_batch(10).await.ok()? == [held(2)]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_purged_queue_is_an_empty_queue() {
    let queue = connect(shared(), "purged").await;
    queue.put(&many(5)).await.unwrap();
    shared().ctl(&["purge_queue", "purged.orders"]);
    depth_becomes(&queue, 0, 0).await;
    assert_eq!(queue.take_batch(10).await.unwrap(), []);
    queue.put(&[held(6)]).await.unwrap();
    assert_eq!(take(&queue, 1).await, [held(6)]);
}

#[tokio::test]
async fn entries_that_no_call_waits_for_wake_the_order_writer() {
    let wake = Arc::new(TestWakeSignal::default());
    let queue = connect_with(shared(), "wake", Arc::clone(&wake)).await;
    assert_eq!(queue.take_batch(10).await.unwrap(), []);
    let other = connect(shared(), "wake").await;
    for number in 1..=20 {
        other.put(&[held(number)]).await.unwrap();
        let woken = timeout(Duration::from_secs(10), wake.0.notified()).await;
        assert!(woken.is_ok(), "entry {number}");
        assert_eq!(queue.take_batch(10).await.unwrap(), [held(number)]);
        queue.ack(&[held(number)]).await.unwrap();
    }
}

#[tokio::test]
async fn queues_with_other_arguments_and_a_wrong_login_are_refused() {
    drop(connect(shared(), "taken").await);
    let url = shared().url();
    let wrong_login = url.replace("guest:guest", "guest:wrong");
    for (url, wait) in [(&url, RETRY_AFTER * 2), (&wrong_login, RETRY_AFTER)] {
        let wake = Arc::<TestWakeSignal>::default();
        let refused = RabbitQueue::connect(url, &Trust::default(), "taken", wait, true, wake).await;
        let error = refused.err().expect("refused");
        assert!(matches!(error, PortError::Failed { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_command_beside_a_shop_declares_no_queues() {
    let namespace = "beside-a-shop";
    let (url, wake) = (shared().url(), Arc::<TestWakeSignal>::default());
    let trust = Trust::default();
    let beside = RabbitQueue::connect(&url, &trust, namespace, RETRY_AFTER, false, wake).await;
    let beside = beside.unwrap();
    let error = beside.depth().await.unwrap_err();
    assert!(is_busy(&error), "{error:?}");
    let queues = shared().ctl(&["list_queues", "name"]);
    assert!(!queues.contains(namespace), "{queues}");
    let exchanges = shared().ctl(&["list_exchanges", "name"]);
    assert!(!exchanges.contains(namespace), "{exchanges}");

    let _shop = connect(shared(), namespace).await;
    depth_becomes(&beside, 0, 0).await;
}
