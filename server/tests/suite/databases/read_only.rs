//! Databases that are read-only, like a standby after a fail-over.

use std::time::{Duration, Instant};

use sea_orm::Database;

use super::opened::{Opened, Server, batch, held, run, until_not_busy};
use test_servers::MariaDb;

/// Longer than it takes to notice.
const LIMIT: Duration = Duration::from_secs(20);

async fn until_it_says_read_only(ledger: &Opened) {
    let begun = Instant::now();
    loop {
        let said = ledger.sql.works().await.err();
        let said = said.map(|error| error.to_string()).unwrap_or_default();
        if said.contains("nothing can be written") && said.contains("read-only") {
            return;
        }
        assert!(begun.elapsed() < LIMIT, "{said:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn until_it_works(ledger: &Opened) {
    until_not_busy("works", async || ledger.sql.works().await).await;
    let item = ledger.item(1, 5).await;
    ledger.write(&batch(&[held(item, 1)])).await;
    ledger.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_postgres_does_not_work_and_reports_why() {
    let ledger = Server::postgres().open().await;
    ledger.sql.works().await.unwrap();
    let (server, name) = ledger.url.rsplit_once('/').unwrap();
    // Uses another database: this one can no longer be changed afterwards.
    let beside = Database::connect(format!("{server}/postgres")).await;
    let beside = beside.unwrap();
    let set_read_only = async |value: &str| {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        run(&beside, &set).await;
        // Takes effect for new connections.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        run(&beside, &format!("{end} = '{name}'")).await;
    };
    set_read_only("on").await;
    until_it_says_read_only(&ledger).await;
    set_read_only("off").await;
    until_it_works(&ledger).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_mariadb_does_not_work_and_reports_why() {
    let server = MariaDb::start();
    server.create_database("shop");
    // Administrators may still write.
    server.run("shop", "CREATE USER shop; GRANT ALL ON shop.* TO shop");
    let url = server.url("shop").replace("//root@", "//shop@");
    let ledger = Opened::at(&url, 9).await;
    ledger.sql.works().await.unwrap();
    server.run("shop", "SET GLOBAL read_only = 1");
    until_it_says_read_only(&ledger).await;
    server.run("shop", "SET GLOBAL read_only = 0");
    until_it_works(&ledger).await;
}
