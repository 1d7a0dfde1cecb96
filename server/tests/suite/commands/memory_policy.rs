//! A Redis that deletes keys when its memory is full would delete holders.

use test_servers::{free_port, http, postgres, rabbitmq, redis::RedisServer};
use uuid::Uuid;

use super::{Running, errors, no_data, run};
use crate::support::eventually;

#[tokio::test]
async fn a_redis_that_deletes_keys_when_full_is_refused_in_production_and_reported_elsewhere() {
    let redis = RedisServer::start();
    let policy = |policy| redis.cli(&["config", "set", "maxmemory-policy", policy]);
    policy("volatile-lru");
    let name = format!("m{}", Uuid::now_v7().simple());
    let ledger = postgres::shared();
    ledger.create_database(&name);
    let (redis_url, amqp_url, database_url) =
        (redis.url(), rabbitmq::shared().url(), ledger.url(&name));
    let address = format!("127.0.0.1:{}", free_port());
    let settings = [
        ("SECKILL_MODE", "cluster"),
        ("SECKILL_REDIS_URL", &*redis_url),
        ("SECKILL_AMQP_URL", &*amqp_url),
        ("SECKILL_DATABASE_URL", &*database_url),
        ("SECKILL_NAMESPACE", &*name),
        ("SECKILL_ADDR", &*address),
    ];
    let (_folder, data) = no_data();
    let migrated = run(&data, &settings, &["migrate"]);
    assert!(migrated.status.success(), "{migrated:?}");

    let production = [
        ("SECKILL_ENV", "production"),
        ("SECKILL_PAYMENTS", "sandbox"),
    ];
    let production = [&settings[..], &production].concat();
    let refused = run(&data, &production, &["serve"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = errors(&refused);
    for words in ["maxmemory-policy is volatile-lru", "noeviction"] {
        assert!(said.contains(words), "{said}");
    }

    let mut shop = Running::serve(&data, &settings);
    let ready_url = format!("{}/readyz", shop.url);
    let unready = eventually("readiness to say so", async || {
        let answer = http::get(&ready_url).await.ok()?.text().await.ok()?;
        answer
            .contains("maxmemory-policy is volatile-lru")
            .then_some(answer)
    });
    assert!(unready.await.contains("gate_memory"));
    policy("noeviction");
    shop.wait_until_ready(std::time::Duration::from_secs(30))
        .await;
}
