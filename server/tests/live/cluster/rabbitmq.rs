//! RabbitMQ fails during a sale, loses messages, repeats them, and delivers foreign ones.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties,
    options::{
        BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions,
        QueueDeclareOptions, QueuePurgeOptions,
    },
    types::{AMQPValue, FieldTable},
};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::json;
use uuid::Uuid;

use super::{
    deployment::{Deployment, Plan},
    scenario::{STOCK, Scenario, Size, wait_until},
};

/// The broker shows a message within this time.
const SHOWN: Duration = Duration::from_secs(30);

/// A direct connection to the broker, without the proxy.
struct Broker {
    // Closed when it is dropped.
    _connection: Connection,
    channel: Channel,
    /// The name of the orders' queue.
    orders: String,
}

impl Broker {
    async fn connect(cluster: &mut Deployment) -> Broker {
        let url = cluster.servers().rabbit.url();
        let connection = Connection::connect(&url, ConnectionProperties::default());
        let connection = connection.await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let confirms = ConfirmSelectOptions::default();
        channel.confirm_select(confirms).await.unwrap();
        Broker {
            _connection: connection,
            channel,
            orders: format!("{}.orders", cluster.namespace),
        }
    }

    /// Messages of a queue that no consumer has.
    async fn ready(&self, queue: &str) -> u32 {
        let look = QueueDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let found = self
            .channel
            .queue_declare(queue.into(), look, FieldTable::default());
        found.await.unwrap().message_count()
    }

    /// Returns how many were in it.
    async fn purge(&self, queue: &str) -> u32 {
        let purge = QueuePurgeOptions::default();
        self.channel.queue_purge(queue.into(), purge).await.unwrap()
    }

    /// Publishes directly into the orders' queue.
    async fn publish(&self, body: &[u8], properties: BasicProperties) {
        let options = BasicPublishOptions::default();
        let queue = self.orders.as_str().into();
        let sent = self
            .channel
            .basic_publish("".into(), queue, options, body, properties);
        let confirmed = sent.await.unwrap().await.unwrap();
        assert!(matches!(confirmed, Confirmation::Ack(None)));
    }

    /// A queue that gets a copy of all messages published from now on.
    async fn copies(&self) -> String {
        let name = format!("{}.copies", self.orders);
        let options = QueueDeclareOptions {
            exclusive: true,
            ..Default::default()
        };
        let none = FieldTable::default;
        self.channel
            .queue_declare(name.as_str().into(), options, none())
            .await
            .unwrap();
        let (queue, exchange) = (name.as_str().into(), self.orders.as_str().into());
        let options = QueueBindOptions::default();
        self.channel
            .queue_bind(queue, exchange, "new".into(), options, none())
            .await
            .unwrap();
        name
    }

    /// Takes all messages out of a queue.
    async fn take(&self, queue: &str) -> Vec<(Vec<u8>, BasicProperties)> {
        let mut taken = Vec::new();
        let options = BasicGetOptions { no_ack: true };
        while let Some(message) = self.channel.basic_get(queue.into(), options).await.unwrap() {
            let delivery = message.delivery;
            taken.push((delivery.data, delivery.properties));
        }
        taken
    }
}

/// Entries between the gate and the broker.
fn in_outbox(scenario: &mut Scenario) -> usize {
    let key = scenario.cluster.key(&scenario.sale.item_id, "outbox");
    let length = scenario.cluster.servers().redis.cli(&["xlen", &key]);
    length.parse().expect(&length)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_is_killed_and_comes_back() {
    let mut scenario = Scenario::begin("RabbitMQ killed", Plan::default()).await;
    scenario.cluster.servers().rabbit.kill();
    let before = scenario.goes_on();
    // Purchases go on; orders do not.
    scenario.somebody_buys().await;
    let promised = scenario.waits_for_orders().await;
    assert!(in_outbox(&mut scenario) > 0, "who took them?");
    scenario.cluster.servers().rabbit.restart();
    scenario
        .end(&format!("{before} promises before, {promised} without it"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_purged() {
    let mut scenario = Scenario::begin("queue purged", Plan::default()).await;
    let broker = Broker::connect(&mut scenario.cluster).await;
    // Orders cannot be written, but held entries still go to the broker.
    scenario.cluster.pause_database();
    scenario.goes_on();
    scenario.somebody_buys().await;
    scenario.waits_for_orders().await;
    wait_until("the outbox to be empty", || in_outbox(&mut scenario) == 0).await;
    // The messages that they had taken are in the queue again.
    for worker in &mut scenario.cluster.workers {
        worker.kill().await;
    }
    let mut purged = 0;
    let deadline = Instant::now() + SHOWN;
    while purged == 0 {
        assert!(Instant::now() < deadline, "no messages");
        purged += broker.purge(&broker.orders).await;
    }
    scenario.cluster.resume_database();
    for worker in &mut scenario.cluster.workers {
        worker.start().await;
    }
    scenario.end(&format!("{purged} messages gone")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_broker_closes_every_connection() {
    const TIMES: usize = 3;
    // The broker's tool takes about a second per call: buyers must outlast it.
    let size = Size {
        stock: 2_400,
        buyers: 3_200,
        ahead: 400,
    };
    let cluster = Deployment::start(Plan::default()).await;
    let mut scenario = Scenario::of("connections closed by the broker", cluster, size).await;
    let (mut promises, mut closed) = (Vec::new(), 0);
    for _ in 0..TIMES {
        closed += scenario.cluster.servers().rabbit.close_all_connections();
        let promised = scenario.in_the_middle();
        promises.push(promised);
        scenario.reaches(promised + 10).await;
    }
    assert!(closed >= TIMES, "there was nothing to close: {closed}");
    scenario
        .end(&format!(
            "{TIMES} times, {closed} connections, after {promises:?} promises"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_come_twice_and_in_any_order() {
    let mut scenario = Scenario::begin("messages twice and shuffled", Plan::default()).await;
    let broker = Broker::connect(&mut scenario.cluster).await;
    let copies = broker.copies().await;
    scenario.goes_on();
    let mut shuffler = StdRng::seed_from_u64(7);
    let (mut real, mut published) = (Vec::new(), 0);
    let mut last = false;
    while !last {
        last = scenario.buying.is_finished();
        real.extend(broker.take(&copies).await);
        let mut again: Vec<_> = real.iter().chain(&real).collect();
        again.shuffle(&mut shuffler);
        // After the sale, all messages are repeated once more, including those ordered long ago.
        let some = if last { again.len() } else { 100 };
        for (body, properties) in again.into_iter().take(some) {
            broker.publish(body, properties.clone()).await;
            published += 1;
        }
    }
    let real = real.len();
    assert!(real > STOCK / 2, "copies of {real} messages only");
    assert!(published > real, "{published} of {real}");
    scenario
        .end(&format!("{published} repeats of {real} messages"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_become_an_order_blocks_no_other() {
    let mut scenario = Scenario::begin("poison in the queue", Plan::default()).await;
    let broker = Broker::connect(&mut scenario.cluster).await;
    broker
        .publish(b"\xff\x00 not a reservation", BasicProperties::default())
        .await;
    // A well-formed message of a reservation that is not held, whose row the database refuses (the
    // path is too long), at its last try.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let body = json!({
        "v": 1,
        "reservation_id": Uuid::now_v7(),
        "item_id": scenario.sale.item_id,
        "buyer": Uuid::now_v7(),
        "path": "0".repeat(65),
        "position": 1,
        "held_at_ms": now.as_millis() as u64,
    });
    let mut headers = FieldTable::default();
    headers.insert("tries".into(), AMQPValue::LongUInt(4));
    let properties = BasicProperties::default().with_headers(headers);
    broker
        .publish(body.to_string().as_bytes(), properties)
        .await;
    scenario.goes_on();
    let ordered = scenario.told("ordered").await;
    let parked = format!("{}.parked", broker.orders);
    let deadline = Instant::now() + SHOWN;
    while broker.ready(&parked).await < 2 {
        assert!(Instant::now() < deadline, "not parked");
    }
    let audit = scenario.cluster.audit();
    let named = audit
        .violations
        .iter()
        .any(|violation| violation["rule"] == "nothing_parked");
    assert!(named && !audit.ok, "{audit:#?}");
    assert_eq!(broker.purge(&parked).await, 2);
    scenario
        .end(&format!("2 parked, {ordered} others ordered"))
        .await;
}
