//! `server doctor` finds problems, reports them without secrets, and changes nothing.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use sea_orm::{ConnectionTrait, Database};
use test_servers::{free_port, postgres, rabbitmq, redis::RedisServer};
use uuid::Uuid;

use super::{Running, no_data, run, schema::sql};

const LIMIT: Duration = Duration::from_secs(30);

/// Its exit status and output.
fn doctor(data: &Path, settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = run(data, settings, &["doctor"]);
    assert_eq!(output.stderr, b"", "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said)
}

/// The lines about problems.
fn problems(said: &str) -> Vec<&str> {
    let lines = said.lines();
    lines.filter(|line| line.starts_with("PROBLEM")).collect()
}

#[tokio::test]
async fn for_an_embedded_shop_it_checks_folder_lock_disk_and_schema() {
    let (_folder, data) = no_data();
    let (status, said) = doctor(&data, &[]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("there is no shop in"), "{said}");
    assert!(!data.exists(), "it made something");

    assert!(run(&data, &[], &["migrate"]).status.success());
    let (status, said) = doctor(&data, &[]);
    assert_eq!(status, Some(0), "{said}");
    for words in [
        "no server is running",
        "has room for",
        "SQLite 3.",
        "takes writes",
        "0 problems",
    ] {
        assert!(said.contains(words), "{said}");
    }

    let mut server = Running::serve(&data, &[]);
    server.wait_until_ready(LIMIT).await;
    let (status, said) = doctor(&data, &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("a server is running on it"), "{said}");
    drop(server);

    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    sql(
        &data,
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_flying', 0)",
    )
    .await;
    let (status, said) = doctor(&data, &[]);
    assert_eq!(status, Some(1), "{said}");
    let found = problems(&said);
    assert_eq!(found.len(), 2, "{said}");
    assert!(found[0].contains("other users"), "{said}");
    assert!(found[1].contains("m9999_flying"), "{said}");
}

#[test]
fn an_unusable_or_unknown_setting_is_a_problem() {
    let (_folder, data) = no_data();
    for (name, value) in [("SECKILL_ADDR", "nowhere"), ("SECKILL_ADRR", "127.0.0.1:1")] {
        let (status, said) = doctor(&data, &[(name, value)]);
        assert_eq!(status, Some(1), "{said}");
        let is_named = problems(&said).iter().any(|line| line.contains(name));
        assert!(is_named, "{said}");
    }
}

#[test]
fn servers_that_do_not_answer_are_named_without_their_addresses_passwords() {
    let (_folder, data) = no_data();
    let port = free_port();
    let redis = format!("redis://:verysecret@127.0.0.1:{port}");
    let amqp = format!("amqp://shop:verysecret@127.0.0.1:{port}/%2f");
    let database = format!("postgres://shop:verysecret@127.0.0.1:{port}/shop");
    let (status, said) = doctor(
        &data,
        &[
            ("SECKILL_MODE", "cluster"),
            ("SECKILL_REDIS_URL", &redis),
            ("SECKILL_AMQP_URL", &amqp),
            ("SECKILL_DATABASE_URL", &database),
        ],
    );
    assert_eq!(status, Some(1), "{said}");
    let found = problems(&said);
    assert_eq!(found.len(), 3, "{said}");
    for (line, part) in found.iter().zip(["ledger", "gate", "queue"]) {
        assert!(line.contains(part), "{said}");
    }
    assert!(!said.contains("verysecret"), "{said}");
}

#[tokio::test]
async fn for_a_cluster_it_finds_settings_that_can_lose_sales() {
    let redis = RedisServer::start();
    let name = format!("d{}", Uuid::now_v7().simple());
    let ledger = postgres::shared();
    ledger.create_database(&name);
    let (redis_url, amqp_url, database_url) =
        (redis.url(), rabbitmq::shared().url(), ledger.url(&name));
    let settings = [
        ("SECKILL_MODE", "cluster"),
        ("SECKILL_REDIS_URL", &*redis_url),
        ("SECKILL_AMQP_URL", &*amqp_url),
        ("SECKILL_DATABASE_URL", &*database_url),
        ("SECKILL_NAMESPACE", &*name),
    ];
    let (_folder, data) = no_data();
    let (_, said) = doctor(&data, &settings);
    assert!(said.contains("run `server migrate`"), "{said}");

    assert!(run(&data, &settings, &["migrate"]).status.success());
    // The first server declares the queues.
    let mut shop = Running::serve(&data, &settings);
    shop.wait_until_ready(LIMIT).await;
    let (status, said) = doctor(&data, &settings);
    assert_eq!(status, Some(0), "{said}");
    for words in [
        "PostgreSQL ",
        "Redis ",
        "RabbitMQ ",
        "its clock is this machine's",
    ] {
        assert!(said.contains(words), "{said}");
    }

    redis.cli(&["config", "set", "maxmemory-policy", "volatile-lru"]);
    let database = Database::connect(&database_url).await.unwrap();
    let careless = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    database.execute_unprepared(&careless).await.unwrap();
    database.close().await.unwrap();
    let (status, said) = doctor(&data, &settings);
    assert_eq!(status, Some(1), "{said}");
    let found = problems(&said);
    assert_eq!(found.len(), 2, "{said}");
    assert!(found[0].contains("synchronous_commit is off"), "{said}");
    assert!(found[1].contains("volatile-lru"), "{said}");
}
