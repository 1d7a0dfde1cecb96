//! A queue of very many reservations does not grow the processes that work it off.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};
use uuid::Uuid;

use super::deployment::{Deployment, Plan};

/// More is asked for by this variable of the environment; see docs/operations.md.
const RESERVATIONS: &str = "SECKILL_TEST_RESERVATIONS";
const DEFAULT: usize = 20_000;
/// Over what a process has before there is a queue, whatever the queue's length.
const GROWTH_KB: u64 = 150 * 1024;
/// The processes are watched for at most this long, or until nothing is left.
const WATCHED: Duration = Duration::from_secs(20);
/// Entries put by one command, and commands at the same time.
const CHUNK: usize = 500;
const ABREAST: usize = 8;

/// Puts entries into the item's outbox as `reserve` does, of buyers who need no account.
async fn fill(redis: &MultiplexedConnection, outbox: &str, item_id: &str, reservations: usize) {
    let item: Arc<str> = item_id.into();
    let chunks = (0..reservations).step_by(CHUNK).map(|first| {
        let (mut redis, item) = (redis.clone(), Arc::clone(&item));
        async move {
            let now_ms = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_millis();
            let mut pipe = redis::pipe();
            for number in first..reservations.min(first + CHUNK) {
                pipe.cmd("XADD")
                    .arg(outbox)
                    .arg("*")
                    .arg("reservation_id")
                    .arg(Uuid::now_v7().to_string())
                    .arg("item_id")
                    .arg(&*item)
                    .arg("buyer")
                    .arg(Uuid::now_v7().to_string())
                    .arg("path")
                    .arg("0".repeat(64))
                    .arg("position")
                    .arg(number + 1)
                    .arg("held_at_ms")
                    .arg(now_ms.to_string())
                    .ignore();
            }
            pipe.query_async::<()>(&mut redis).await.unwrap();
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
        ..Plan::default()
    };
    let mut cluster = Deployment::start(plan).await;
    let stock = reservations.to_string();
    let sale = cluster.seed_with(&["--stock", &stock, "--buyers", "1", "--starts-in-s", "0"]);
    let outbox = format!("{}:{{{}}}:outbox", cluster.namespace, sale.item_id);
    // A chunk is on the disk before it is answered.
    let patient = AsyncConnectionConfig::new().set_response_timeout(Some(WATCHED));
    let client = Client::open(cluster.servers().redis.url()).unwrap();
    let mut redis = client
        .get_multiplexed_async_connection_with_config(&patient)
        .await
        .unwrap();
    // The worker has found the round: from now on its outbox is looked at.
    let outboxes = format!("{}:items", cluster.namespace);
    let deadline = Instant::now() + Duration::from_secs(30);
    let listed = redis::cmd("ZCARD").arg(&outboxes).clone();
    while listed.query_async::<u64>(&mut redis).await.unwrap() == 0 {
        assert!(Instant::now() < deadline, "the gate does not open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let idle = resident_kb(&mut cluster);
    cluster.workers[0].process().signal("STOP");
    fill(&redis, &outbox, &sale.item_id, reservations).await;
    cluster.workers[0].process().signal("CONT");

    let length = redis::cmd("XLEN").arg(&outbox).clone();
    let waiting: usize = length.query_async(&mut redis).await.unwrap();
    assert!(waiting > reservations / 2, "{waiting} wait");
    let (begun, mut most, mut left) = (Instant::now(), idle, waiting);
    while begun.elapsed() < WATCHED && left > 0 {
        let now = resident_kb(&mut cluster);
        most = [most[0].max(now[0]), most[1].max(now[1])];
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = length.query_async(&mut redis).await.unwrap();
    }
    assert!(left < waiting, "nothing was carried over");
    let audit = cluster.audit();
    println!(
        "memory: {reservations} reservations queued; in {:.0} s {} carried over and {} ordered; \
         MB: web {} idle, {} at most; worker {} idle, {} at most",
        begun.elapsed().as_secs_f64(),
        waiting - left,
        audit.items[0].orders_live,
        idle[0] / 1024,
        most[0] / 1024,
        idle[1] / 1024,
        most[1] / 1024,
    );
    for (idle, most) in idle.into_iter().zip(most) {
        assert!(most < idle + GROWTH_KB, "{idle} kB became {most} kB");
    }
    // What is left would be in the way of other tests.
    for copy in cluster.webs.iter_mut().chain(&mut cluster.workers) {
        copy.kill().await;
    }
    let orders = format!("{}.orders", cluster.namespace);
    cluster.servers().rabbit.ctl(&["purge_queue", &orders]);
    cluster.servers().redis.restart_empty();
}
