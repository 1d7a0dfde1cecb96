//! Redis answers with errors for a while, in the middle of each wave of buyers: its disk or memory is
//! full, it has become a replica, or it lacks the replicas that it must wait for.

use std::time::{Duration, Instant};

use test_servers::redis::RedisServer;

use super::{
    scenario::nobody_is_promised_more,
    waves::{WAVE, Waves},
};
use crate::buyers::Shoppers;

/// How long the errors last after buyers have noticed them.
const LASTS: Duration = Duration::from_secs(2);
/// They notice them within this time.
const NOTICED: Duration = Duration::from_secs(30);

struct Error {
    what: &'static str,
    begin: fn(&RedisServer),
    end: fn(&RedisServer),
}

const ERRORS: [Error; 4] = [
    Error {
        what: "MISCONF (no snapshot can be stored)",
        begin: RedisServer::fail_snapshots,
        end: RedisServer::let_snapshots_succeed,
    },
    Error {
        what: "OOM (the memory is full)",
        begin: |redis| set(redis, "maxmemory", "1"),
        end: |redis| set(redis, "maxmemory", "0"),
    },
    Error {
        what: "READONLY (it became a replica)",
        // A replica of an unreachable master: it keeps its data.
        begin: |redis| ok(&redis.cli(&["replicaof", "127.0.0.1", "1"])),
        end: |redis| ok(&redis.cli(&["replicaof", "no", "one"])),
    },
    Error {
        what: "NOREPLICAS (replicas are missing)",
        begin: |redis| set(redis, "min-replicas-to-write", "1"),
        end: |redis| set(redis, "min-replicas-to-write", "0"),
    },
];

fn set(redis: &RedisServer, name: &str, value: &str) {
    ok(&redis.cli(&["config", "set", name, value]));
}

fn ok(answer: &str) {
    assert_eq!(answer, "OK");
}

/// Uses the wave's last buyer, who has not started: the others may all be waiting for orders.
async fn hears_busy(shoppers: &Shoppers) {
    let begun = Instant::now();
    while !matches!(shoppers.try_once(WAVE - 1).await, Ok((503, _))) {
        assert!(begun.elapsed() < NOTICED, "nobody hears busy");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_answers_with_errors_for_a_while() {
    let mut waves = Waves::new(ERRORS.len()).await;
    for error in &ERRORS {
        let wave = waves.begin().await;
        (error.begin)(&waves.cluster.servers().redis);
        let before = waves.release(&wave);
        let last = waves.item().last().clone();
        hears_busy(&last).await;
        // Decided before the error, and answered now.
        nobody_is_promised_more(&[&last]).await;
        let noticed = waves.promised();
        tokio::time::sleep(LASTS).await;
        hears_busy(&last).await;
        assert_eq!(waves.promised(), noticed, "{}: who decided?", error.what);
        (error.end)(&waves.cluster.servers().redis);
        let ended = Instant::now();
        waves.is_answered(wave).await;
        println!(
            "Redis answers {}: {before} of {WAVE} buyers queued before, {} times busy; all answered {:.1} s \
             after its end",
            error.what,
            last.busy(),
            ended.elapsed().as_secs_f64()
        );
    }
    waves.end("Redis answers with errors").await;
}
