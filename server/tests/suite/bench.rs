//! `server bench`: measures an embedded shop, or with `--cluster` real servers, cleans up afterwards, and
//! refuses unsafe settings.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use test_servers::{postgres, rabbitmq, redis};
use uuid::Uuid;

use crate::commands::errors;

fn server(settings: &[(&str, String)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_server"))
        .args(arguments)
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap()
}

#[test]
fn the_benchmark_refuses_the_settings_of_an_embedded_shop() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let settings = [
        ("SECKILL_MODE", "embedded".to_owned()),
        ("SECKILL_DATA_DIR", data.display().to_string()),
    ];
    let refused = server(&settings, &["bench", "--cluster"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(errors(&refused).contains("SECKILL_MODE=cluster"));
    assert!(!data.exists(), "no data folder was made");
}

#[test]
fn a_benchmark_writes_every_order_and_leaves_only_its_round() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("figures.json");
    let database = format!("t{}", Uuid::now_v7().simple());
    postgres::shared().create_database(&database);
    let settings = [
        ("SECKILL_MODE", "cluster".to_owned()),
        ("SECKILL_REDIS_URL", redis::shared().url()),
        ("SECKILL_AMQP_URL", rabbitmq::shared().url()),
        ("SECKILL_DATABASE_URL", postgres::shared().url(&database)),
    ];
    let migrated = server(&settings, &["migrate"]);
    assert!(migrated.status.success(), "{migrated:?}");
    let json = file.to_str().unwrap();
    let words = ["bench", "--cluster", "--orders", "1000", "--json", json];
    let mut measured = server(&settings, &words);
    for _ in 0..2 {
        // An overloaded machine may end a benchmark with this error.
        if !errors(&measured).contains("redis is busy: no answer within") {
            break;
        }
        measured = server(&settings, &words);
    }
    assert!(measured.status.success(), "{measured:?}");

    let figures: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for figure in [
        "/held/gate_per_s/median",
        "/held/gate_and_note_per_s/median",
        "/held/redis_benchmark_per_s/median",
        "/held/ratio_percent/median",
        "/sold_out/gate_per_s/min",
        "/relay/messages_per_s/median",
        "/writer/0/orders_per_s/median",
        "/writer/2/orders_per_s/max",
    ] {
        let value = figures.pointer(figure).and_then(Value::as_u64);
        assert!(value.is_some_and(|value| value > 0), "{figure}: {figures}");
    }
    assert_eq!(figures["writer"][2]["batch"], 256);
    assert_eq!(figures["audit"]["ok"], true, "{figures}");
    assert_eq!(figures["audit"]["items"][0]["orders_live"], 1000);

    let namespace = figures["namespace"].as_str().unwrap();
    let keys = redis::shared().cli(&["--scan", "--pattern", &format!("{namespace}:*")]);
    assert_eq!(keys, "");
    let queues = rabbitmq::shared().ctl(&["list_queues", "name"]);
    assert!(!queues.contains(namespace), "{queues}");

    let again = server(&settings, &["bench", "--cluster"]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    assert!(errors(&again).contains("--yes"), "{again:?}");
    let queues = rabbitmq::shared().ctl(&["list_queues", "name"]);
    assert!(!queues.contains("bench-"), "{queues}");
}

#[test]
fn the_cost_of_requests_is_measured_with_every_order_written() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("costs.json");
    let settings = [("TMPDIR", folder.path().display().to_string())];
    let json = file.to_str().unwrap();
    let words = ["bench", "--orders", "1000", "--requests", "1000"];
    let measured = server(&settings, &[&words[..], &["--json", json]].concat());
    assert!(measured.status.success(), "{measured:?}");
    let costs: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let costs = costs["costs"].as_array().unwrap();
    assert_eq!(costs.len(), 16);
    for cost in costs {
        assert_eq!(cost["requests"], 1000, "{cost}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the figures are left: {left:?}");
}
