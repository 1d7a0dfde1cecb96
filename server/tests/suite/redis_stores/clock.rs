//! The clock that follows Redis's clock.

use std::time::Duration;

use server::{
    adapters::{redis::ClusterClock, system::SystemClock},
    engine::ports::Clock,
};

use super::{Place, until};
use test_servers::redis::RedisServer;

use crate::support::HOUR_MS;

/// The difference between the clock and this machine's clock, which the test server shares.
fn off_by_ms(clock: &ClusterClock) -> i64 {
    (clock.now_ms() - SystemClock.now_ms()).abs()
}

#[tokio::test]
async fn a_clock_that_is_an_hour_wrong_follows_the_clock_of_redis() {
    for place in Place::both() {
        for wrong_ms in [HOUR_MS, -HOUR_MS] {
            let now_ms = SystemClock.now_ms() + wrong_ms;
            let clock = ClusterClock::starting_at(place.redis(), now_ms);
            assert!(off_by_ms(&clock) > HOUR_MS / 2);
            clock.synchronise().await.unwrap();
            assert!(off_by_ms(&clock) < 100, "{} ms", off_by_ms(&clock));
        }
    }
}

#[tokio::test]
async fn a_clock_runs_on_while_redis_does_not_answer_and_follows_it_when_it_is_back() {
    let server = RedisServer::start();
    server.pause();
    let now_ms = SystemClock.now_ms() - HOUR_MS;
    let clock = ClusterClock::starting_at(Place::alone(&server).redis(), now_ms);
    assert!(clock.synchronise().await.is_err());
    let follower = tokio::spawn(clock.clone().keep_synchronised());
    let before_ms = clock.now_ms();
    until("time passes", async || clock.now_ms() > before_ms + 10).await;
    assert!(off_by_ms(&clock) > HOUR_MS / 2);
    server.resume();
    until("the clock follows Redis", async || off_by_ms(&clock) < 100).await;
    server.kill();
    let before_ms = clock.now_ms();
    until("time passes", async || clock.now_ms() > before_ms + 10).await;
    assert!(off_by_ms(&clock) < Duration::from_secs(1).as_millis() as i64);
    follower.abort();
}
