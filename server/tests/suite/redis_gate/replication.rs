//! A Redis with replicas: it refuses writes while it lacks them, and its role changes.

use server::{
    adapters::redis::Redis,
    engine::ports::{Decision, PortError, Reserve},
};
use test_servers::{proxy::Proxy, redis::RedisServer};

use super::{hold, reserve};
use crate::support::{TestShop, eventually};

#[tokio::test]
async fn a_redis_without_its_replicas_is_busy_and_not_broken() {
    let server = RedisServer::start();
    let redis = Redis::new(&[server.url()], "alone").unwrap();
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    server.cli(&["config", "set", "min-replicas-to-write", "1"]);
    let script = gate.reserve(hold(item, 2)).await.map(drop);
    let mut set = redis::cmd("SET");
    set.arg("alone:x").arg(1);
    let command = redis.query::<()>(&set).await;
    let mut pipeline = redis::pipe();
    pipeline.add_command(set.clone()).add_command(set);
    let several = redis.query_all::<()>(&pipeline).await;
    pipeline.atomic();
    let transaction = redis.query_all::<()>(&pipeline).await;
    for answer in [script, command, several, transaction] {
        assert!(matches!(answer, Err(PortError::Busy { .. })), "{answer:?}");
    }
    server.cli(&["config", "set", "min-replicas-to-write", "0"]);
    let decision = gate.reserve(hold(item, 2)).await.unwrap();
    assert_eq!(decision, Decision::Held { position: 2 });
}

#[tokio::test]
async fn an_instance_follows_a_fail_over_although_the_old_master_still_answers() {
    let (old, new) = (RedisServer::start(), RedisServer::start());
    let address = Proxy::start(old.port());
    let url = format!("redis://127.0.0.1:{}", address.port());
    let redis = Redis::new(&[url], "fail-over").unwrap();
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(2).await;
    let gate = &shop.gate();
    reserve(gate, hold(item, 1)).await;
    let replicate = |replica: &RedisServer, master: &RedisServer| {
        replica.cli(&["replicaof", "127.0.0.1", &master.port().to_string()]);
    };
    let holders = redis.key(&format!("{{{item}}}:holders"));
    let holders = |server: &RedisServer| server.cli(&["hlen", &holders]);
    replicate(&new, &old);
    eventually("the replica", async || (holders(&new) == "1").then_some(())).await;
    new.cli(&["replicaof", "no", "one"]);
    replicate(&old, &new);
    eventually("the new roles", async || {
        let role = old.cli(&["role"]);
        (role.starts_with("slave") && role.contains("connected")).then_some(())
    })
    .await;
    address.set_target(new.port());

    // The connection to the old master is still open.
    assert_eq!(address.connections(), 1);
    let refused = gate.reserve(hold(item, 2)).await;
    assert!(
        matches!(refused, Err(PortError::Busy { .. })),
        "{refused:?}"
    );
    let decision = reserve(gate, hold(item, 2)).await;
    assert_eq!(decision, Decision::Held { position: 2 });
    assert_eq!(holders(&new), "2");
}
