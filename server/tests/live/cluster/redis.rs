//! Redis fails during a sale.

use std::time::{Duration, Instant};

use super::{
    deployment::{CONNECTIONS, Deployment, Plan},
    scenario::{Scenario, Size, wait_until},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_paused_for_five_seconds() {
    let mut scenario = Scenario::begin("Redis paused for 5 s", Plan::default()).await;
    scenario.cluster.servers().redis.pause();
    let before = scenario.goes_on();
    tokio::time::sleep(Duration::from_secs(5)).await;
    scenario.cluster.servers().redis.resume();
    assert!(
        scenario.shoppers.promised() - before <= CONNECTIONS,
        "who decided?"
    );
    let busy = scenario.shoppers.busy();
    assert!(busy > 0, "nobody noticed");
    assert_eq!(scenario.told("forgotten").await, 0);
    scenario
        .end(&format!("{before} promises before, {busy} times busy"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_comes_back_with_its_log() {
    let mut scenario = Scenario::begin("Redis killed, its log there", Plan::default()).await;
    scenario.cluster.servers().redis.kill();
    let before = scenario.goes_on();
    wait_until("buyers to notice", || {
        scenario.shoppers.busy() > CONNECTIONS
    })
    .await;
    scenario.cluster.servers().redis.restart();
    let busy = scenario.shoppers.busy();
    assert_eq!(
        scenario.told("forgotten").await,
        0,
        "the log has everything"
    );
    scenario
        .end(&format!("{before} promises before, {busy} times busy"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_comes_back_empty() {
    let mut scenario = Scenario::begin("Redis killed and back empty", Plan::default()).await;
    scenario.cluster.pause_workers();
    scenario.goes_on();
    // From now on only Redis knows the promises.
    scenario.somebody_buys().await;
    let promised = scenario.waits_for_orders().await;
    scenario.cluster.servers().redis.kill();
    let busy = scenario.shoppers.busy();
    scenario.cluster.servers().redis.restart_empty();
    let empty = Instant::now();
    scenario.cluster.resume_workers();
    wait_until("the gate to say busy", || scenario.shoppers.busy() > busy).await;
    scenario.reaches(promised + 1).await;
    let closed = empty.elapsed();
    assert!(closed >= Duration::from_secs(5), "open after {closed:?}");
    let forgotten = scenario.all_are_answered().await;
    assert!(forgotten > 0, "Redis forgot nothing");
    scenario.cluster.failed = forgotten;
    let busy = scenario.shoppers.busy();
    scenario
        .end(&format!(
            "{promised} promises before, {forgotten} of them told that they failed, {busy} times \
         busy, open again after {:.1} s",
            closed.as_secs_f64()
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_forgets_its_scripts() {
    const TIMES: usize = 10;
    let size = Size {
        stock: 600,
        buyers: 900,
        ahead: 0,
    };
    let cluster = Deployment::start(Plan::default()).await;
    let mut scenario = Scenario::of("scripts flushed", cluster, size).await;
    let mut cached = 0;
    for _ in 0..TIMES {
        let before = scenario.in_the_middle();
        let redis = &scenario.cluster.servers().redis;
        cached += number(&redis.cli(&["info", "memory"]), "number_of_cached_scripts:");
        assert_eq!(redis.cli(&["script", "flush"]), "OK");
        scenario.reaches(before + 10).await;
    }
    assert!(cached >= TIMES, "there was nothing to forget");
    assert_eq!(scenario.told("forgotten").await, 0);
    scenario
        .end(&format!("{TIMES} times, {cached} scripts"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_closes_every_connection() {
    const TIMES: usize = 5;
    let mut scenario = Scenario::begin("connections to Redis closed", Plan::default()).await;
    let mut closed = 0;
    for _ in 0..TIMES {
        let before = scenario.in_the_middle();
        for kind in ["normal", "pubsub"] {
            let redis = &scenario.cluster.servers().redis;
            let killed = redis.cli(&["client", "kill", "type", kind]);
            closed += killed.parse::<usize>().expect(&killed);
        }
        scenario.reaches(before + 10).await;
    }
    assert!(closed >= 4 * TIMES, "four instances have {closed}");
    assert_eq!(scenario.told("forgotten").await, 0);
    scenario
        .end(&format!("{TIMES} times, {closed} connections"))
        .await;
}

/// The value of a field in the output of `INFO`.
fn number(info: &str, name: &str) -> usize {
    let line = info.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim().parse().unwrap()
}
