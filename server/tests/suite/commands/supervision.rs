//! A task that panics is noticed: it is restarted if that is safe, otherwise the process ends.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use test_servers::http;

use super::{FOR_TOOLS, Running, no_data, seed_load};

/// Longer than any of this takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A buyer of a shop's only item.
struct Buyer {
    item_id: String,
    token: String,
}

impl Buyer {
    /// Creates the shop.
    fn in_shop(folder: &Path, data: &Path) -> Buyer {
        let (round, tokens) = seed_load(folder, data, (1, 1), 0);
        Buyer {
            item_id: round["item_id"].as_str().unwrap().to_owned(),
            token: fs::read_to_string(tokens).unwrap().trim().to_owned(),
        }
    }

    async fn post(&self, server: &Running, path: &str) -> Result<Value, reqwest::Error> {
        let call = http::client()
            .build()
            .unwrap()
            .post(format!("{}{path}", server.url))
            .bearer_auth(&self.token)
            .json(&json!({ "item_id": self.item_id }));
        call.send().await?.json().await
    }

    /// The answer to the purchase.
    async fn buy(&self, server: &Running) -> Result<Value, reqwest::Error> {
        let granted = self.post(server, "/api/path").await?;
        let path = granted["path"].as_str().unwrap();
        self.post(server, &format!("/seckill/{path}")).await
    }

    async fn orders(&self, server: &Running) -> usize {
        let call = http::client()
            .build()
            .unwrap()
            .get(format!("{}/api/orders", server.url))
            .bearer_auth(&self.token);
        let orders: Value = call.send().await.unwrap().json().await.unwrap();
        orders.as_array().unwrap().len()
    }
}

#[tokio::test]
async fn a_worker_that_panics_is_restarted_and_continues() {
    let (folder, data) = no_data();
    let buyer = Buyer::in_shop(folder.path(), &data);
    let log = folder.path().join("log");
    let mut settings = FOR_TOOLS.to_vec();
    settings.push(("SECKILL_INJECT_FAULT", "write:before:1:panic"));
    // The order writer writes orders separately from the holds.
    settings.push(("SECKILL_ORDERS_PER_S", "1000"));
    let mut server = Running::serve_into(&data, &settings, fs::File::create(&log).unwrap());
    server.wait_until_ready(LIMIT).await;
    let parts: Value = serde_json::from_str(&server.get("/readyz").await).unwrap();
    let part = |name: &str| {
        parts
            .as_array()
            .unwrap()
            .iter()
            .find(|part| part["name"] == name)
    };
    for task in ["gate", "write_orders", "metrics_upkeep"] {
        let part = part(task).unwrap();
        assert_eq!(part["ready"], true, "{part}");
        assert!(part["about"].as_str().unwrap().ends_with('.'), "{part}");
    }

    let held = buyer.buy(&server).await.unwrap();
    assert!(held["reservation_id"].is_string(), "{held}");
    let begun = Instant::now();
    while buyer.orders(&server).await == 0 {
        assert!(
            begun.elapsed() < LIMIT,
            "the reservation did not become an order"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let metrics = server.get("/metrics").await;
    let counted = "seckill_task_restarts_total{task=\"write_orders\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    let log = fs::read_to_string(&log).unwrap();
    let line = log
        .lines()
        .find(|line| line.contains("a task ended: it is started again"));
    let line = line.expect(&log);
    assert!(
        line.contains("task=\"write_orders\"") && line.contains("write was made to panic"),
        "{line}"
    );
    server.wait_until_ready(LIMIT).await;
}

#[tokio::test]
async fn a_gate_that_panics_ends_the_process_and_is_named() {
    let (folder, data) = no_data();
    let buyer = Buyer::in_shop(folder.path(), &data);
    let log = folder.path().join("log");
    let mut settings = FOR_TOOLS.to_vec();
    settings.push(("SECKILL_INJECT_FAULT", "write_held:before:1:panic"));
    let mut server = Running::serve_into(&data, &settings, fs::File::create(&log).unwrap());
    server.wait_until_ready(LIMIT).await;
    // Nothing was decided: an error, or the connection breaks with the process.
    if let Ok(answer) = buyer.buy(&server).await {
        assert_eq!(answer["error"], "busy", "{answer}");
    }
    assert_eq!(server.wait_until_ended(LIMIT).await, Some(1));
    let log = fs::read_to_string(&log).unwrap();
    let line = log.lines().find(|line| line.contains("the process ends"));
    let line = line.expect(&log);
    assert!(
        line.contains("task=\"gate\"") && line.contains("write_held was made to panic"),
        "{line}"
    );

    // A service manager (systemd, compose) that restarts it gets a working shop.
    let mut server = Running::serve_into(&data, &FOR_TOOLS, std::process::Stdio::null());
    server.wait_until_ready(LIMIT).await;
    let held = buyer.buy(&server).await.unwrap();
    assert!(held["reservation_id"].is_string(), "{held}");
}
