//! Several concurrent workers and instances.

use std::{collections::HashMap, time::Duration};

use app::wire::{CloseReason, OrderId, Rejection, ReservationId};
use futures::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use server::adapters::sql::Access;
use server::engine::ports::{
    Catalogue, CloseOutcome, DueReleases, GateLedger, OrderCloser, OrderQueue, OrderReader,
    OrderWriter, QueuedReservation, WriteOutcome,
};

use super::{
    on_every_server,
    opened::{Opened, Server, batch, connect, held, run, until_not_busy},
};
use crate::support::START_MS;

on_every_server! {
    writers_of_the_same_entries_give_the_same_answers_and_sell_each_unit_once
    writers_of_several_items_in_opposite_order_all_finish
    a_writer_that_is_the_victim_of_a_deadlock_tries_again
    a_reservation_written_and_failed_concurrently_ends_once
    orders_closed_by_several_sweepers_come_back_once
    a_write_whose_answer_was_lost_is_repeated_and_changes_nothing
    entries_put_twice_are_there_once
    instances_that_start_together_migrate_one_after_the_other
    an_interrupted_migration_is_completed
    only_pages_read_from_the_replica_and_a_dead_one_is_not_needed
}

type Answers = Vec<(ReservationId, WriteOutcome)>;

async fn answers(ledger: &Opened, entries: &[QueuedReservation], size: usize) -> Answers {
    let mut answers = Vec::new();
    for entries in entries.chunks(size) {
        let outcomes = ledger.write(&batch(entries)).await;
        let ids = entries.iter().map(|entry| entry.unit.reservation_id);
        answers.extend(ids.zip(outcomes));
    }
    answers
}

/// All answers about a reservation are equal.
fn agreed(all: impl IntoIterator<Item = Answers>) -> HashMap<ReservationId, WriteOutcome> {
    let mut agreed = HashMap::new();
    for (id, outcome) in all.into_iter().flatten() {
        let first = *agreed.entry(id).or_insert(outcome);
        assert_eq!(first, outcome, "two answers about {id}");
    }
    agreed
}

fn ordered(answers: &HashMap<ReservationId, WriteOutcome>) -> usize {
    let ordered = |outcome: &&WriteOutcome| matches!(outcome, WriteOutcome::Ordered(_));
    answers.values().filter(ordered).count()
}

async fn writers_of_the_same_entries_give_the_same_answers_and_sell_each_unit_once(server: Server) {
    let ledger = server.open().await;
    let item = ledger.item(1, 100).await;
    let other = ledger.another_instance().await;
    let entries: Vec<_> = (1..=150).map(|buyer| held(item, buyer)).collect();
    let all = join_all([
        answers(&ledger, &entries[..100], 30),
        answers(&ledger, &entries[50..], 40),
        answers(&other, &entries[..], 50),
        answers(&other, &entries[20..], 64),
    ]);
    let agreed = agreed(all.await);
    assert_eq!((agreed.len(), ordered(&agreed)), (150, 100));
    let audited_item = ledger.audit().await.items[0];
    assert_eq!(
        (
            audited_item.sellable,
            audited_item.locked,
            audited_item.orders_live
        ),
        (0, 100, 100)
    );
    assert_eq!(audited_item.reservations_open, 0);
}

async fn writers_of_several_items_in_opposite_order_all_finish(server: Server) {
    let ledger = server.open().await;
    let other = ledger.another_instance().await;
    let mut entries = Vec::new();
    for number in 1..=6 {
        let item = ledger.item(number, 25).await;
        entries.extend((1..=30).map(|buyer| held(item, buyer)));
    }
    entries.sort_by_key(|entry| entry.unit.buyer);
    let backwards: Vec<_> = entries.iter().rev().cloned().collect();
    let all = join_all([
        answers(&ledger, &entries, 45),
        answers(&ledger, &backwards, 60),
        answers(&other, &backwards, 45),
        answers(&other, &entries, 36),
    ]);
    let agreed = agreed(all.await);
    assert_eq!((agreed.len(), ordered(&agreed)), (180, 150));
    for audited_item in ledger.audit().await.items {
        assert_eq!(
            (
                audited_item.sellable,
                audited_item.locked,
                audited_item.orders_live
            ),
            (0, 25, 25)
        );
    }
}

/// Whether a transaction waits for a lock.
async fn somebody_waits(connection: &DatabaseConnection) -> bool {
    let backend = connection.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
             AND datname = current_database()"
        }
        _ => {
            "SELECT 1 FROM information_schema.innodb_trx t JOIN information_schema.processlist p \
             ON p.id = t.trx_mysql_thread_id \
             WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()"
        }
    };
    let statement = Statement::from_string(backend, sql);
    connection.query_one_raw(statement).await.unwrap().is_some()
}

async fn until_somebody_waits(connection: &DatabaseConnection) {
    let waits = async {
        while !somebody_waits(connection).await {
            // MariaDB returns the same cached list within a tenth of a second.
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), waits).await;
    waited.expect("nobody waits for a lock");
}

/// Locks what the writer needs next, then needs what the writer has locked, and is the more
/// expensive one to abort.
async fn a_writer_that_is_the_victim_of_a_deadlock_tries_again(server: Server) {
    let ledger = server.open().await;
    let (first, second) = (ledger.item(1, 5).await, ledger.item(2, 5).await);
    let (foreign, watcher) = (ledger.foreign().await, ledger.foreign().await);
    let postgres = foreign.get_database_backend() == DbBackend::Postgres;
    run(&foreign, "CREATE TABLE ballast (n INT)").await;
    let stranger = foreign.begin().await.unwrap();
    if postgres {
        // The transaction that checks first is aborted.
        run(&stranger, "SET LOCAL deadlock_timeout = '8s'").await;
    }
    let rows = vec!["(1)"; 500].join(", ");
    run(&stranger, &format!("INSERT INTO ballast VALUES {rows}")).await;
    let lock = |id: uuid::Uuid| {
        let id = match postgres {
            true => format!("'{id}'"),
            false => format!("x'{}'", id.simple()),
        };
        format!("UPDATE items SET sequence = sequence + 1 WHERE id = {id}")
    };
    run(&stranger, &lock(second.0)).await;
    let entries = [held(first, 1), held(second, 1)];
    let writing = async { ledger.sql.write(&batch(&entries), START_MS).await };
    let blocking = async {
        until_somebody_waits(&watcher).await;
        run(&stranger, &lock(first.0)).await;
        stranger.commit().await.unwrap();
    };
    let (written, ()) = futures::join!(writing, blocking);
    let ordered = |outcome: &WriteOutcome| matches!(outcome, WriteOutcome::Ordered(_));
    assert!(written.unwrap().iter().all(ordered));
    ledger.audit().await;
}

async fn a_reservation_written_and_failed_concurrently_ends_once(server: Server) {
    let ledger = server.open().await;
    let item = ledger.item(1, 100).await;
    let other = ledger.another_instance().await;
    let entries: Vec<_> = (1..=60).map(|buyer| held(item, buyer)).collect();
    // Some exist already, some are inserted by the first writer.
    ledger.sql.put(&entries[..30]).await.unwrap();
    let failing = async {
        let mut answers = Vec::new();
        for entries in entries.chunks(7) {
            let fail = async || other.sql.fail(entries, Rejection::Busy, START_MS).await;
            let outcomes = until_not_busy("fail", fail).await;
            let ids = entries.iter().map(|entry| entry.unit.reservation_id);
            answers.extend(ids.zip(outcomes));
        }
        answers
    };
    let backwards: Vec<_> = entries.iter().rev().cloned().collect();
    let (written, failed) = futures::join!(answers(&ledger, &backwards, 5), failing);
    let agreed = agreed([written, failed]);
    let orders = ordered(&agreed);
    let audited_item = ledger.audit().await.items[0];
    assert_eq!(
        (audited_item.locked, audited_item.orders_live),
        (orders as i64, orders as i64)
    );
    let due = ledger.sql.due_releases(0, 100).await.unwrap();
    assert_eq!(due.len(), 60 - orders);
}

async fn orders_closed_by_several_sweepers_come_back_once(server: Server) {
    let ledger = server.open().await;
    let other = ledger.another_instance().await;
    let mut entries = Vec::new();
    for number in 1..=3 {
        let item = ledger.item(number, 20).await;
        entries.extend((1..=20).map(|buyer| held(item, buyer)));
    }
    let ids: Vec<OrderId> = ledger
        .write(&batch(&entries))
        .await
        .into_iter()
        .map(|outcome| match outcome {
            WriteOutcome::Ordered(id) => id,
            WriteOutcome::Failed(reason) => panic!("{reason:?}"),
        })
        .collect();
    let backwards: Vec<_> = ids.iter().rev().copied().collect();
    let close = async |sql: &server::adapters::sql::Sql, ids: &[OrderId]| {
        let mut closed = 0;
        for ids in ids.chunks(25) {
            let close = async || sql.close(ids, CloseReason::Unpaid, "test", START_MS).await;
            let outcomes = until_not_busy("close", close).await;
            closed += outcomes
                .iter()
                .filter(|outcome| **outcome == CloseOutcome::Closed)
                .count();
        }
        closed
    };
    // The same entries are delivered again at the same time.
    let (one, two, again) = futures::join!(
        close(&ledger.sql, &ids),
        close(&other.sql, &backwards),
        answers(&other, &entries, 30)
    );
    assert_eq!(one + two, 60);
    let again: Vec<_> = again.into_iter().map(|(_, outcome)| outcome).collect();
    let first: Vec<_> = ids.iter().copied().map(WriteOutcome::Ordered).collect();
    assert_eq!(again, first);
    for audited_item in ledger.audit().await.items {
        assert_eq!(
            (
                audited_item.sellable,
                audited_item.locked,
                audited_item.orders_closed
            ),
            (20, 0, 20)
        );
    }
    let due = ledger.sql.due_releases(0, 100).await.unwrap();
    assert_eq!(due.len(), 60);
    let done: Vec<_> = due.iter().map(|due| due.unit.reservation_id).collect();
    ledger.sql.released(&done).await.unwrap();
    assert_eq!(ledger.sql.due_releases(0, 100).await.unwrap(), []);
}

async fn a_write_whose_answer_was_lost_is_repeated_and_changes_nothing(server: Server) {
    let ledger = server.open().await;
    let item = ledger.item(1, 400).await;
    for round in 0..20 {
        let buyers = round * 20 + 1..=round * 20 + 20;
        let entries: Vec<_> = buyers.map(|buyer| held(item, buyer)).collect();
        // Cancelled at some point: before, during or after the commit.
        let limit = Duration::from_micros(u64::from(round) * 700);
        let batch_one = batch(&entries);
        let writing = ledger.sql.write(&batch_one, START_MS);
        let lost = tokio::time::timeout(limit, writing).await;
        let first = agreed([answers(&ledger, &entries, 20).await]);
        assert_eq!(ordered(&first), 20);
        if let Ok(Ok(outcomes)) = lost {
            let ids = entries.iter().map(|entry| entry.unit.reservation_id);
            agreed_with(&first, ids.zip(outcomes));
        }
        agreed_with(&first, answers(&ledger, &entries, 9).await);
    }
    assert_eq!(ledger.audit().await.items[0].locked, 400);
}

fn agreed_with(
    known: &HashMap<ReservationId, WriteOutcome>,
    answers: impl IntoIterator<Item = (ReservationId, WriteOutcome)>,
) {
    for (id, outcome) in answers {
        assert_eq!(known[&id], outcome);
    }
}

async fn entries_put_twice_are_there_once(server: Server) {
    let ledger = server.open().await;
    let other = ledger.another_instance().await;
    let item = ledger.item(1, 400).await;
    let entries: Vec<_> = (1..=50).map(|buyer| held(item, buyer)).collect();
    let backwards: Vec<_> = entries.iter().rev().cloned().collect();
    let (one, two) = futures::join!(ledger.sql.put(&entries), other.sql.put(&backwards));
    one.unwrap();
    two.unwrap();
    assert_eq!(ledger.sql.take_batch(100).await.unwrap(), entries);
    ledger.write(&batch(&entries)).await;
    ledger.sql.put(&entries).await.unwrap();
    assert_eq!(ledger.sql.take_batch(100).await.unwrap(), []);
}

async fn instances_that_start_together_migrate_one_after_the_other(server: Server) {
    let url = server.database();
    let instances = join_all((0..4).map(|_| Opened::at(&url, 3))).await;
    instances[0].item(1, 5).await;
    for instance in &instances {
        assert_eq!(instance.audit().await.items.len(), 1);
    }
}

async fn an_interrupted_migration_is_completed(server: Server) {
    let ledger = server.open().await;
    let foreign = ledger.foreign().await;
    for sql in [
        "DELETE FROM seaql_migrations",
        "ALTER TABLE reservations DROP COLUMN tries",
        "DROP TABLE orders",
    ] {
        run(&foreign, sql).await;
    }
    let again = ledger.another_instance().await;
    let item = again.item(1, 5).await;
    again.write(&batch(&[held(item, 1), held(item, 2)])).await;
    assert_eq!(again.audit().await.items[0].locked, 2);
}

async fn only_pages_read_from_the_replica_and_a_dead_one_is_not_needed(server: Server) {
    let ledger = server.open().await;
    let item = ledger.item(1, 5).await;
    let entry = held(item, 1);
    let ordered = ledger.write(&batch(std::slice::from_ref(&entry))).await;
    assert!(matches!(ordered[..], [WriteOutcome::Ordered(_)]));

    // A replica with maximal lag.
    let behind = server.open().await;
    let connect = async |replica: &str| {
        let sql = connect(&ledger.url, Some(replica), 3, Access::Migrate).await;
        sql.unwrap()
    };
    let sql = connect(&behind.url).await;
    assert!(sql.rounds(START_MS).await.unwrap().is_empty());
    assert_eq!(sql.item(item).await.unwrap(), None);
    assert_eq!(sql.sellable_items(START_MS).await.unwrap().len(), 1);
    assert_eq!(sql.of_buyer(entry.unit.buyer, 10).await.unwrap().len(), 1);
    assert!(sql.snapshot(item).await.unwrap().is_some());

    let nobody = format!(
        "postgres://nobody@127.0.0.1:{}/x",
        test_servers::free_port()
    );
    let sql = connect(&nobody).await;
    assert_eq!(sql.rounds(START_MS).await.unwrap().len(), 1);
    let shown = sql.item(item).await.unwrap().unwrap();
    assert_eq!(shown.item.title.zh, "手冲壶 🫖");
}
