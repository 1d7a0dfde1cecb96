//! Instances that die during a sale, at random and at critical moments. Network and server faults
//! are in other files.

use std::time::{Duration, Instant};

use super::{
    deployment::{Deployment, Plan},
    scenario::{Scenario, Size},
};

/// The planned fault happens within this time.
const FAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Large enough that the planned call happens before the shoppers wait.
const SIZE: Size = Size {
    stock: 600,
    buyers: 1_000,
    ahead: 150,
};

/// A sale in its middle, whose first worker fails as planned.
async fn with_planned_fault(name: &str, fault: &str) -> Scenario {
    let mut cluster = Deployment::start(Plan::default()).await;
    let worker = &mut cluster.workers[0];
    worker.stop().await;
    worker.shop.set("INJECT_FAULT", fault);
    worker.shop.set("LOG", "warn");
    worker.start().await;
    Scenario::of(name, cluster, SIZE).await
}

/// The first worker dies at a planned call; restarted after the sale has continued without it.
async fn dies_at(name: &str, fault: &str) {
    let mut scenario = with_planned_fault(name, fault).await;
    let worker = &mut scenario.cluster.workers[0];
    let deadline = Instant::now() + FAULT_TIMEOUT;
    while !worker.process().has_ended() {
        assert!(
            Instant::now() < deadline,
            "the planned fault did not happen"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let promised = scenario.in_the_middle();
    // Long enough for the other worker to take over its entries in flight.
    scenario.reaches(promised + 100).await;
    let worker = &mut scenario.cluster.workers[0];
    worker.kill().await;
    worker.shop.set("INJECT_FAULT", "");
    worker.start().await;
    scenario
        .end(&format!("died after {promised} promises"))
        .await;
}

/// A planned call of the first worker returns an error.
async fn fails_at(name: &str, fault: &str) {
    let scenario = with_planned_fault(name, fault).await;
    let worker = &scenario.cluster.workers[0];
    let deadline = Instant::now() + FAULT_TIMEOUT;
    while !worker.shop.log().contains("injecting a fault") {
        assert!(
            Instant::now() < deadline,
            "the planned fault did not happen"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let promised = scenario.in_the_middle();
    scenario
        .end(&format!("failed after {promised} promises"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_instance_dies_and_comes_back() {
    let mut scenario = Scenario::begin("kill -9 of a web instance", Plan::default()).await;
    scenario.cluster.webs[0].kill().await;
    let promised = scenario.in_the_middle();
    scenario.reaches(promised + 50).await;
    scenario.cluster.webs[0].start().await;
    scenario
        .end(&format!("died after {promised} promises"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_die_in_turn_at_random_moments() {
    let plan = Plan {
        // Slow enough for four kills and restarts.
        settings: vec![("ORDERS_PER_S", "40".to_owned())],
        ..Plan::default()
    };
    let mut scenario = Scenario::begin("kill -9 of both workers in turn", plan).await;
    let mut deaths = Vec::new();
    for turn in 0..4 {
        let worker = &mut scenario.cluster.workers[turn % 2];
        worker.kill().await;
        worker.start().await;
        deaths.push(scenario.in_the_middle());
        scenario.reaches(deaths[turn] + 30).await;
    }
    scenario
        .end(&format!("died after {deaths:?} promises"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_dies_between_commit_and_ack() {
    dies_at("kill -9 between commit and ack", "ack:before:3:die").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_dies_before_it_publishes() {
    dies_at("kill -9 of a relay before publishing", "put:before:3:die").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_dies_before_it_forgets() {
    dies_at(
        "kill -9 of a relay between confirm and forgetting",
        "put:after:3:die",
    )
    .await;
}

/// Longer than a relay keeps entries from the others, shorter than a broker keeps messages.
const PAUSED: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_workers_is_paused_for_a_while() {
    let mut scenario = Scenario::begin("one of two workers paused", Plan::default()).await;
    scenario.cluster.workers[0].process().signal("STOP");
    let paused = Instant::now();
    let before = scenario.in_the_middle();
    scenario.goes_on();
    // The other worker takes over what the paused one took from the outbox; messages that the broker
    // delivered to it wait for it.
    let ordered_meanwhile = async {
        loop {
            for promise in &scenario.shoppers.promises()[before..] {
                if scenario.shoppers.state_of(promise).await == "ordered" {
                    return paused.elapsed();
                }
            }
            assert!(paused.elapsed() < FAULT_TIMEOUT, "no order meanwhile");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ordered = ordered_meanwhile.await;
    tokio::time::sleep(PAUSED.saturating_sub(paused.elapsed())).await;
    scenario.cluster.workers[0].process().signal("CONT");
    assert_eq!(scenario.told("forgotten").await, 0);
    scenario
        .end(&format!(
            "{before} promises before, the next one ordered after {:.1} s, paused for {PAUSED:?}",
            ordered.as_secs_f64()
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_gets_no_answer() {
    fails_at("commit whose answer is lost", "write:after:2:fail").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirm_is_lost() {
    fails_at("confirm that nobody heard", "put:after:2:fail").await;
}
