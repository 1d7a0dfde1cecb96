//! The database fails during a sale: PostgreSQL and MariaDB in turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, Database as Client, DatabaseConnection, DbErr, Statement, TransactionTrait,
};

use super::{
    deployment::{Database, Plan},
    scenario::Scenario,
};

async fn begin(what: &str, database: Database) -> Scenario {
    let plan = Plan {
        database,
        ..Plan::default()
    };
    Scenario::begin(&format!("{database:?} {what}"), plan).await
}

async fn connect(scenario: &mut Scenario) -> DatabaseConnection {
    Client::connect(scenario.cluster.database_url())
        .await
        .unwrap()
}

/// The first column of all rows.
async fn numbers(client: &DatabaseConnection, sql: &str) -> Vec<i64> {
    let statement = Statement::from_string(client.get_database_backend(), sql.to_owned());
    let rows = client.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|scenario| scenario.try_get_by_index(0).unwrap())
        .collect()
}

async fn killed(database: Database) {
    let mut scenario = begin("killed", database).await;
    scenario.cluster.kill_database();
    let before = scenario.goes_on();
    scenario.somebody_buys().await;
    scenario.waits_for_orders().await;
    assert!(!scenario.buying.is_finished(), "who wrote the orders?");
    scenario.cluster.restart_database();
    assert_eq!(scenario.told("forgotten").await, 0);
    scenario.end(&format!("{before} promises before")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_and_comes_back() {
    killed(Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_is_killed_and_comes_back() {
    killed(Database::MariaDb).await;
}

async fn paused(database: Database) {
    let mut scenario = begin("paused for 5 s", database).await;
    scenario.cluster.pause_database();
    let before = scenario.goes_on();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = scenario.shoppers.promised();
    assert!(!scenario.buying.is_finished(), "who wrote the orders?");
    scenario.cluster.resume_database();
    assert_eq!(scenario.told("forgotten").await, 0);
    scenario
        .end(&format!("{before} promises before, {after} after it"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_paused_for_five_seconds() {
    paused(Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_is_paused_for_five_seconds() {
    paused(Database::MariaDb).await;
}

async fn terminated(database: Database) {
    const TIMES: usize = 5;
    let mut scenario = begin("ends every connection", database).await;
    let client = connect(&mut scenario).await;
    let mut ended = 0;
    for _ in 0..TIMES {
        let promised = scenario.in_the_middle();
        ended += match database {
            Database::Postgres => {
                let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
                numbers(&client, sql).await[0]
            }
            Database::MariaDb => {
                let sql = "SELECT id FROM information_schema.processlist \
                           WHERE db = database() AND id <> connection_id()";
                let ids = numbers(&client, sql).await;
                for id in &ids {
                    // It may already have ended by itself.
                    drop(client.execute_unprepared(&format!("KILL {id}")).await);
                }
                ids.len() as i64
            }
        };
        scenario.reaches(promised + 10).await;
    }
    assert!(ended as usize >= 2 * TIMES, "{ended} connections only");
    assert_eq!(scenario.told("forgotten").await, 0);
    scenario
        .end(&format!("{TIMES} times, {ended} connections"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_ends_every_connection() {
    terminated(Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_ends_every_connection() {
    terminated(Database::MariaDb).await;
}

/// Locks the item first and then reservations, the opposite of the shop's order; returns whether
/// this transaction, not the shop's, was aborted.
async fn block(client: &DatabaseConnection, database: Database) -> Result<bool, DbErr> {
    let transaction = client.begin().await?;
    if database == Database::MariaDb {
        // The database aborts the transaction with fewer changes: that must be the shop's.
        let much = "INSERT INTO notices (id, account_id, created_at_ms) \
                    SELECT id, id, 0 FROM accounts";
        transaction.execute_unprepared(much).await?;
    }
    transaction
        .execute_unprepared("SELECT id FROM items FOR UPDATE")
        .await?;
    // By now an order writer has reached the same item.
    tokio::time::sleep(Duration::from_millis(30)).await;
    let reservations = match database {
        // Rows being inserted cannot be locked here, but their table can.
        Database::Postgres => "LOCK TABLE reservations IN SHARE ROW EXCLUSIVE MODE",
        Database::MariaDb => "SELECT count(*) FROM reservations FOR UPDATE",
    };
    let is_victim = transaction.execute_unprepared(reservations).await.is_err();
    transaction.rollback().await?;
    Ok(is_victim)
}

async fn deadlocks(database: Database) {
    let mut scenario = begin("in deadlocks", database).await;
    let client = connect(&mut scenario).await;
    let count = match database {
        Database::Postgres => {
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        }
        Database::MariaDb => {
            "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status \
             WHERE variable_name = 'INNODB_DEADLOCKS'"
        }
    };
    let earlier = numbers(&client, count).await[0];
    let over = Arc::new(AtomicBool::new(false));
    let adversary = tokio::spawn({
        let (client, over) = (client.clone(), Arc::clone(&over));
        async move {
            let mut deadlock_victims = 0;
            while !over.load(Ordering::Relaxed) {
                deadlock_victims += i64::from(block(&client, database).await.unwrap());
                // Pause, so that the shop can work in between.
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            deadlock_victims
        }
    });
    let forgotten = scenario.told("forgotten").await;
    over.store(true, Ordering::Relaxed);
    let deadlock_victims = adversary.await.unwrap();
    // PostgreSQL's counters are updated with a delay.
    let mut all = 0;
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while all <= deadlock_victims && std::time::Instant::now() < deadline {
        all = numbers(&client, count).await[0] - earlier;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        all > deadlock_victims,
        "the shop was never the victim: {all} deadlocks"
    );
    assert_eq!(forgotten, 0);
    let shop = all - deadlock_victims;
    scenario
        .end(&format!(
            "{all} of them, {shop} times the shop was the victim"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_gets_into_deadlocks() {
    deadlocks(Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_gets_into_deadlocks() {
    deadlocks(Database::MariaDb).await;
}
