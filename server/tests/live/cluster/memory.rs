//! A very long queue must not grow the processes that work through it.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};
use server::adapters::redis::scripts;
use uuid::Uuid;

use super::deployment::{Deployment, Plan};

/// The number of reservations in the queue:
/// `SECKILL_TEST_RESERVATIONS=1000000 cargo test --release --test live a_long_queue -- --nocapture`.
const RESERVATIONS: &str = "SECKILL_TEST_RESERVATIONS";
const DEFAULT: usize = 50_000;
/// Allowed growth, independent of the queue's length.
const GROWTH_KB: u64 = 80 * 1024;
/// Time limit of a command with a chunk.
const ANSWERED: Duration = Duration::from_secs(20);
/// At least this many orders are written per second.
const ORDERS_PER_S: u64 = 400;
/// Time in which gate and ledger are compared several times after everything is written.
const COMPARED: Duration = Duration::from_secs(8);
/// How often to check whether everything is written.
const LOOK: Duration = Duration::from_secs(5);
/// A cluster with little work drains within this time.
const DRAINED: Duration = Duration::from_secs(90);
/// Entries per command, and concurrent commands.
const CHUNK: usize = 500;
const ABREAST: usize = 8;

/// Holds as many units as shoppers would, for buyers without accounts: with the shop's own script,
/// so that gate, outbox and soon the ledger are as after that many purchases.
async fn hold(redis: &MultiplexedConnection, gate: &str, item_id: &str, reservations: usize) {
    let script = &*scripts::gate::RESERVE;
    let mut first = redis.clone();
    script
        .prepare_invoke()
        .load_async(&mut first)
        .await
        .unwrap();
    let mut read = redis::cmd("HGET");
    read.arg(format!("{gate}:item")).arg("epoch");
    let epoch: String = read.query_async(&mut first).await.unwrap();
    let chunks = (0..reservations).step_by(CHUNK).map(|first| {
        let mut pipe = redis::pipe();
        for _ in first..reservations.min(first + CHUNK) {
            let command = pipe.cmd("EVALSHA").arg(script.get_hash()).arg(6);
            for key in ["item", "holders", "positions", "outbox", "path", "limit"] {
                command.arg(format!("{gate}:{key}"));
            }
            let [reservation, buyer] = [(); 2].map(|()| Uuid::now_v7().to_string());
            command.arg("").arg(&epoch).arg(1).arg(0).arg(reservation);
            command
                .arg(item_id)
                .arg(buyer)
                .arg("0".repeat(64))
                .arg(3_600_000)
                .arg(0);
            // Without a limit and without a path.
            command.arg("").arg(0).arg("").arg(0);
        }
        let mut redis = redis.clone();
        async move {
            let answers: Vec<Vec<String>> = pipe.query_async(&mut redis).await.unwrap();
            assert!(
                answers.iter().all(|answer| answer[0] == "held"),
                "{answers:?}"
            );
        }
    });
    stream::iter(chunks)
        .buffer_unordered(ABREAST)
        .collect::<Vec<()>>()
        .await;
}

fn resident_kb(cluster: &mut Deployment) -> [u64; 2] {
    [
        cluster.webs[0].process().resident_kb(),
        cluster.workers[0].process().resident_kb(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_queue_does_not_grow_the_processes() {
    let reservations = std::env::var(RESERVATIONS).map_or(DEFAULT, |number| {
        number.parse().expect("a number of reservations")
    });
    let plan = Plan {
        webs: 1,
        workers: 1,
        // Orders never expire from waiting.
        settings: vec![("FAIL_FAST_PERCENT", "0".to_owned())],
        ..Plan::default()
    };
    let mut cluster = Deployment::start(plan).await;
    let stock = reservations.to_string();
    let sale = cluster.seed_with(&["--stock", &stock, "--buyers", "1", "--starts-in-s", "0"]);
    let gate = format!("{}:{{{}}}", cluster.namespace, sale.item_id);
    // A chunk is on disk before it is answered.
    let time_limit = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWERED));
    let client = Client::open(cluster.servers().redis.url()).unwrap();
    let mut redis = client
        .get_multiplexed_async_connection_with_config(&time_limit)
        .await
        .unwrap();
    // The worker has listed the item's outbox and then loaded the item.
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut open = redis::cmd("HGET");
    open.arg(format!("{gate}:item")).arg("epoch");
    while open
        .query_async::<Option<String>>(&mut redis)
        .await
        .unwrap()
        .is_none()
    {
        assert!(Instant::now() < deadline, "the gate does not open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let idle = resident_kb(&mut cluster);
    cluster.workers[0].process().signal("STOP");
    hold(&redis, &gate, &sale.item_id, reservations).await;
    cluster.workers[0].process().signal("CONT");

    let begun = Instant::now();
    let limit = DRAINED + Duration::from_secs(reservations as u64 / ORDERS_PER_S);
    let (mut most, mut looked) = (idle, begun);
    let mut written = None;
    while written.is_none_or(|written: Instant| written.elapsed() < COMPARED) {
        assert!(begun.elapsed() < limit, "the orders are not written");
        let now = resident_kb(&mut cluster);
        most = [most[0].max(now[0]), most[1].max(now[1])];
        tokio::time::sleep(Duration::from_millis(100)).await;
        if written.is_none() && looked.elapsed() > LOOK {
            let audit = cluster.audit();
            let item = &audit.items[0];
            let orders = item.orders_live as usize;
            written = (orders == reservations && audit.ok).then(Instant::now);
            looked = Instant::now();
        }
    }
    println!(
        "memory: {reservations} reservations queued, ordered in {:.0} s; \
         MB: web {} idle, {} at most; worker {} idle, {} at most",
        begun.elapsed().saturating_sub(COMPARED).as_secs_f64(),
        idle[0] / 1024,
        most[0] / 1024,
        idle[1] / 1024,
        most[1] / 1024,
    );
    for (idle, most) in idle.into_iter().zip(most) {
        assert!(most < idle + GROWTH_KB, "{idle} kB became {most} kB");
    }
}
