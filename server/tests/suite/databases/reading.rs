//! Opening a ledger without creating or migrating anything.

use sea_orm::{ConnectionTrait, Statement};
use server::{
    adapters::sql::{Access, ConnectError},
    engine::{audit, ports::OrderQueue},
};

use super::{
    on_every_server,
    opened::{Opened, Server, connect, held, run},
};
use crate::support::START_MS;

on_every_server! {
    a_database_without_a_shop_stays_empty
    a_shop_of_an_earlier_version_is_not_migrated
    a_shop_of_a_later_version_is_refused_and_both_versions_are_named
}

const AS_IT_IS: [Access; 2] = [Access::Read, Access::Write];

async fn a_database_without_a_shop_stays_empty(server: Server) {
    let url = server.database();
    for access in AS_IT_IS {
        let refused = connect(&url, None, 3, access).await.err().unwrap();
        assert!(matches!(refused, ConnectError::NoShop(_)), "{refused}");
    }
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
    let reading = connect(&ledger.url, None, 3, Access::Read).await.unwrap();
    let report = audit::audit(&reading, START_MS).await.unwrap();
    assert_eq!((report.violations.len(), report.items.len()), (0, 1));

    let foreign = ledger.foreign().await;
    let forget = "DELETE FROM seaql_migrations WHERE version LIKE 'm0003%'";
    run(&foreign, forget).await;
    // The second time gives the same result.
    for access in AS_IT_IS.into_iter().chain(AS_IT_IS) {
        let refused = connect(&ledger.url, None, 3, access).await.err().unwrap();
        let earlier = matches!(refused, ConnectError::EarlierVersion(_));
        assert!(earlier, "{refused}");
        assert!(
            refused.to_string().contains("run `server migrate`"),
            "{refused}"
        );
    }
}

async fn a_shop_of_a_later_version_is_refused_and_both_versions_are_named(server: Server) {
    let ledger = Opened::at(&server.database(), 3).await;
    let foreign = ledger.foreign().await;
    let migrate = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_flying', 0)";
    run(&foreign, migrate).await;
    for access in AS_IT_IS.into_iter().chain([Access::Migrate]) {
        let refused = connect(&ledger.url, None, 3, access).await.err().unwrap();
        let later = matches!(refused, ConnectError::LaterVersion { .. });
        assert!(later, "{refused}");
        let said = refused.to_string();
        let versions = said.contains("m9999_flying") && said.contains("knows m00");
        assert!(versions, "{said}");
    }
}
