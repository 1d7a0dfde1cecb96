//! Frequent readiness checks ask Redis only rarely whether it deletes keys when full.

use std::{error::Error, time::Duration};

use futures::future::join_all;
use server::adapters::redis::MemoryPolicy;
use test_servers::redis::RedisServer;

use super::Place;

/// How often Redis was asked for a setting.
fn questions(redis: &RedisServer) -> u32 {
    let commands = redis.cli(&["info", "commandstats"]);
    let calls = commands
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_config|get:calls="));
    calls.map_or(0, |calls| calls.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn one_answer_about_the_memory_policy_serves_everybody_until_it_is_old() {
    let server = RedisServer::start();
    let policy = |policy| server.cli(&["config", "set", "maxmemory-policy", policy]);
    policy("noeviction");
    let redis = Place::alone(&server).redis();
    let before = questions(&server);

    let cached = MemoryPolicy::new(redis.clone(), Duration::from_hours(1));
    for answer in join_all((0..50).map(|_| cached.check())).await {
        answer.unwrap();
    }
    assert_eq!(questions(&server), before + 1);
    policy("volatile-lru");
    cached.check().await.unwrap();
    assert_eq!(questions(&server), before + 1);

    let never_cached = MemoryPolicy::new(redis, Duration::ZERO);
    let refused = never_cached.check().await.unwrap_err();
    let said = refused.source().unwrap().to_string();
    assert!(said.contains("maxmemory-policy is volatile-lru"), "{said}");
    policy("noeviction");
    never_cached.check().await.unwrap();
    assert_eq!(questions(&server), before + 3);
}
