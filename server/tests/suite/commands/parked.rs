//! `server parked`, for an operator whose reservations could not be written.

use std::{path::Path, process::Output, time::Duration};

use serde_json::Value;

use super::{Running, errors, no_data, run, schema::sql, seed_load, succeeded};
use crate::support::eventually;

const FIRST: &str = "00000000-0000-7000-8000-000000000001";
const SECOND: &str = "00000000-0000-7000-8000-000000000002";

fn parked(data: &Path, arguments: &[&str]) -> Output {
    run(data, &[], &[&["parked"], arguments].concat())
}

/// As after five tries: one reservation of each of the first two buyers.
async fn park(data: &Path, reservation: &str, buyer: u32) {
    let id = reservation.replace('-', "");
    let statement = format!(
        "INSERT INTO reservations (id, item_id, buyer_id, path, position, held_at_ms, state, tries, replayed) \
         SELECT x'{id}', items.id, buyers.id, 'secret-path-{buyer}', {buyer}, rounds.starts_at_ms, 'queued', 5, 0 \
         FROM items JOIN rounds ON rounds.id = items.round_id, \
         (SELECT id FROM accounts WHERE role = 'buyer' ORDER BY mobile LIMIT 1 OFFSET {buyer}) AS buyers"
    );
    sql(data, &statement).await;
}

fn listed(data: &Path) -> Vec<String> {
    let list: Value = serde_json::from_str(&succeeded(&parked(data, &["list", "--json"]))).unwrap();
    assert_eq!(list["unreadable"], 0);
    let entries = list["parked"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["reservation_id"].as_str().unwrap().to_owned())
        .collect()
}

fn live_orders(data: &Path) -> i64 {
    let audited = run(data, &[], &["audit", "--json"]);
    let report: Value = serde_json::from_slice(&audited.stdout).unwrap();
    report["items"][0]["orders_live"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_reservation_is_shown_and_replayed_or_dropped_by_its_id() {
    let (folder, data) = no_data();
    seed_load(folder.path(), &data, (3, 3), 0);
    assert_eq!(listed(&data), Vec::<String>::new());
    park(&data, FIRST, 1).await;
    park(&data, SECOND, 2).await;

    assert_eq!(listed(&data), [FIRST, SECOND]);
    let table = succeeded(&parked(&data, &["list"]));
    assert!(table.contains(FIRST) && table.contains(SECOND), "{table}");
    let shown = succeeded(&parked(&data, &["show", FIRST]));
    assert!(
        shown.contains(FIRST) && !shown.contains("secret-path"),
        "{shown}"
    );
    let bad_id = parked(&data, &["show", "1"]);
    assert_eq!(bad_id.status.code(), Some(2), "{bad_id:?}");
    let nothing = parked(&data, &["drop"]);
    assert_eq!(nothing.status.code(), Some(2), "{nothing:?}");

    let dropped = succeeded(&parked(&data, &["drop", FIRST]));
    assert!(dropped.contains("its unit goes back on sale"), "{dropped}");
    assert_eq!(listed(&data), [SECOND]);
    for again in ["drop", "replay", "show"] {
        let gone = parked(&data, &[again, FIRST]);
        assert_eq!(gone.status.code(), Some(1), "{gone:?}");
        assert!(errors(&gone).contains("is not parked"), "{gone:?}");
    }

    succeeded(&parked(&data, &["replay", SECOND]));
    assert_eq!(listed(&data), Vec::<String>::new());
    let mut server = Running::serve(&data, &[]);
    server.wait_until_ready(Duration::from_secs(30)).await;
    eventually("its order", async || {
        (live_orders(&data) == 1).then_some(())
    })
    .await;
}
