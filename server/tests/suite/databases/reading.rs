//! Opening a ledger to read it: nothing is made or migrated.

use sea_orm::{ConnectionTrait, Statement};
use server::{
    adapters::sql::{ConnectError, Sql},
    engine::{audit, ports::OrderQueue},
};

use super::{
    on_every_server,
    opened::{Opened, Server, held, run},
};
use crate::support::START_MS;

on_every_server! {
    a_database_without_a_shop_stays_empty
    a_shop_of_an_earlier_version_is_not_migrated
}

async fn open_to_read(url: &str) -> Result<Sql, ConnectError> {
    Sql::connect_to_read(url, 3, 600).await
}

async fn a_database_without_a_shop_stays_empty(server: Server) {
    let url = server.database();
    let refused = open_to_read(&url).await.err().unwrap();
    assert!(matches!(refused, ConnectError::NoShop(_)), "{refused}");
    let database = sea_orm::Database::connect(&url).await.unwrap();
    let asked = "SELECT table_name FROM information_schema.tables \
        WHERE table_name IN ('items', 'seaql_migrations') AND table_schema IN ('public', DATABASE())";
    let asked = match database.get_database_backend() {
        sea_orm::DbBackend::Postgres => asked.replace("DATABASE()", "'public'"),
        _ => asked.to_owned(),
    };
    let asked = Statement::from_string(database.get_database_backend(), asked);
    assert_eq!(database.query_all_raw(asked).await.unwrap().len(), 0);
}

async fn a_shop_of_an_earlier_version_is_not_migrated(server: Server) {
    let ledger = Opened::at(&server.database(), 3).await;
    let item = ledger.item(1, 5).await;
    ledger.sql.put(&[held(item, 1)]).await.unwrap();
    let reading = open_to_read(&ledger.url).await.unwrap();
    let report = audit::audit(&reading, START_MS).await.unwrap();
    assert_eq!((report.violations.len(), report.items.len()), (0, 1));

    let foreign = ledger.foreign().await;
    let forget = "DELETE FROM seaql_migrations WHERE version LIKE 'm0003%'";
    run(&foreign, forget).await;
    let refused = open_to_read(&ledger.url).await.err().unwrap();
    let earlier = matches!(refused, ConnectError::EarlierVersion(_));
    assert!(earlier, "{refused}");
    let refused = open_to_read(&ledger.url).await.err().unwrap();
    assert!(refused.to_string().contains("earlier version"), "{refused}");
}
