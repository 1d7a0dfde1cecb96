//! Servers that are full, stop, die and come back.

use std::time::{Duration, Instant};

use sea_orm::TransactionTrait;
use server::{
    adapters::sql::{COMMAND_WAIT, LedgerOptions, Sql},
    engine::ports::{DueReleases, GateLedger, OrderWriter, PortError},
};

use super::{
    on_every_server,
    opened::{OPTIONS, Opened, Server, batch, held, run, until_not_busy},
};
use crate::support::START_MS;
use test_servers::{MariaDb, Postgres};

on_every_server! {
    a_caller_without_a_connection_gets_busy_within_half_a_second
    a_command_waits_longer_for_a_connection_than_a_request
    a_lock_time_out_is_busy
}

fn is_busy<T: std::fmt::Debug>(answer: Result<T, PortError>) -> bool {
    match answer {
        Err(PortError::Busy { .. }) => true,
        Err(error) => panic!("not busy but {error:?}"),
        Ok(_) => false,
    }
}

async fn a_caller_without_a_connection_gets_busy_within_half_a_second(server: Server) {
    let ledger = Opened::at(&server.database(), 1).await;
    let item = ledger.item(1, 5).await;
    let foreign = ledger.foreign().await;
    let stranger = foreign.begin().await.unwrap();
    run(&stranger, "UPDATE items SET sequence = sequence + 1").await;
    let entries = batch(&[held(item, 1)]);
    let writing = ledger.sql.write(&entries, START_MS);
    let others = async {
        // The writer holds the only connection once no other can be had.
        let deadline = Instant::now() + Duration::from_secs(4);
        loop {
            let begun = Instant::now();
            if is_busy(ledger.sql.ping().await) {
                assert!(begun.elapsed() < Duration::from_secs(2));
                break;
            }
            assert!(Instant::now() < deadline, "there was always a connection");
        }
        stranger.commit().await.unwrap();
    };
    let (written, ()) = futures::join!(writing, others);
    written.unwrap();
    ledger.audit().await;
}

async fn a_command_waits_longer_for_a_connection_than_a_request(server: Server) {
    let request = Opened::at(&server.database(), 1).await;
    let item = request.item(1, 5).await;
    let options = LedgerOptions {
        wait: COMMAND_WAIT,
        ..OPTIONS
    };
    let command = Sql::connect(&request.url, None, 1, &options).await.unwrap();
    let foreign = request.foreign().await;
    let stranger = foreign.begin().await.unwrap();
    run(&stranger, "UPDATE items SET sequence = sequence + 1").await;
    let (first, second) = (batch(&[held(item, 1)]), batch(&[held(item, 2)]));
    let given_up = async {
        // The writers hold the only connections once no other can be had.
        let deadline = Instant::now() + Duration::from_secs(4);
        while !is_busy(request.sql.ping().await) {
            assert!(Instant::now() < deadline, "there was always a connection");
        }
        stranger.commit().await.unwrap();
    };
    // The command started to wait before the request did, and still waits after that gave up.
    let (of_command, pinged, of_request, ()) = futures::join!(
        command.write(&first, START_MS),
        command.ping(),
        request.sql.write(&second, START_MS),
        given_up
    );
    of_command.unwrap();
    pinged.unwrap();
    of_request.unwrap();
    request.audit().await;
}

async fn a_lock_time_out_is_busy(server: Server) {
    let ledger = server.open().await;
    let item = ledger.item(1, 5).await;
    let foreign = ledger.foreign().await;
    let stranger = foreign.begin().await.unwrap();
    run(&stranger, "UPDATE items SET sequence = sequence + 1").await;
    let begun = Instant::now();
    let entries = batch(&[held(item, 1)]);
    assert!(is_busy(ledger.sql.write(&entries, START_MS).await));
    assert!(begun.elapsed() < Duration::from_secs(11));
    stranger.rollback().await.unwrap();
    ledger.sql.write(&entries, START_MS).await.unwrap();
    ledger.audit().await;
}

/// The effect of a dead or stopped server on callers: `Busy`, within a time limit.
async fn every_call_is_busy(ledger: &Opened, first: u32) {
    let item = ledger_item();
    let begun = Instant::now();
    let entries = batch(&[held(item, first)]);
    let (written, snapshot, due) = futures::join!(
        ledger.sql.write(&entries, START_MS),
        ledger.sql.snapshot(item),
        ledger.sql.due_releases(0, 10),
    );
    assert!(is_busy(written) && is_busy(snapshot) && is_busy(due));
    assert!(is_busy(ledger.sql.ping().await));
    assert!(begun.elapsed() < Duration::from_secs(40));
}

/// The id that [`Opened::item`] gives the first item.
fn ledger_item() -> app::wire::ItemId {
    app::wire::ItemId(uuid::Uuid::from_u128(0xa001))
}

/// It works again without manual action, and no confirmed write is lost.
async fn works_again(ledger: &Opened, buyers: u32) {
    let item = ledger_item();
    let entries: Vec<_> = (1..=buyers).map(|buyer| held(item, buyer)).collect();
    ledger.write(&batch(&entries)).await;
    until_not_busy("snapshot", async || ledger.sql.snapshot(item).await).await;
    let audited = until_not_busy("audit", async || {
        server::engine::audit::audit(&ledger.sql, START_MS).await
    });
    let report = audited.await;
    assert_eq!(report.violations, [], "{report:#?}");
    assert_eq!(report.items[0].locked, i64::from(buyers));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_or_killed_postgres_is_busy_until_it_is_back() {
    let mut server = Postgres::start();
    server.create_database("shop");
    let ledger = Opened::at(&server.url("shop"), 9).await;
    let item = ledger.item(1, 50).await;
    ledger.write(&batch(&[held(item, 1)])).await;
    server.pause();
    every_call_is_busy(&ledger, 2).await;
    server.resume();
    works_again(&ledger, 3).await;
    for round in 1..=2 {
        server.kill();
        every_call_is_busy(&ledger, 5).await;
        server.restart();
        works_again(&ledger, 3 + round).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_or_killed_mariadb_is_busy_until_it_is_back() {
    let mut server = MariaDb::start();
    server.create_database("shop");
    let ledger = Opened::at(&server.url("shop"), 9).await;
    let item = ledger.item(1, 50).await;
    ledger.write(&batch(&[held(item, 1)])).await;
    server.pause();
    every_call_is_busy(&ledger, 2).await;
    server.resume();
    works_again(&ledger, 3).await;
    for round in 1..=2 {
        server.kill();
        every_call_is_busy(&ledger, 5).await;
        server.restart();
        works_again(&ledger, 3 + round).await;
    }
}
