//! Separate databases for a test, and ledgers over them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use app::wire::{AccountId, ItemId, OrderId, ReservationId, RoundId, RoundState};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use server::{
    adapters::sql::{Access, ConnectError, Durability, LedgerOptions, REQUEST_WAIT, Sql},
    engine::{
        audit::{self, Report},
        ports::{
            CatalogueWriter, ChangedBy, NewItem, NewRound, OrderWriter, PortError,
            QueuedReservation, Unit, WriteOutcome,
        },
    },
};
use uuid::Uuid;

use crate::support::{HOUR_MS, START_MS, both, sample_item};
use test_servers::{MariaDb, Postgres, mariadb, postgres};

/// The default options for opening a ledger.
pub const OPTIONS: LedgerOptions = LedgerOptions {
    access: Access::Migrate,
    durability: Durability::Disk,
    wait: REQUEST_WAIT,
    pay_window_s: 600,
};

pub async fn connect(
    url: &str,
    replica_url: Option<&str>,
    connections: u32,
    access: Access,
) -> Result<Sql, ConnectError> {
    let options = LedgerOptions { access, ..OPTIONS };
    Sql::connect(url, replica_url, connections, &options).await
}

/// A server shared with other tests.
pub enum Server {
    Postgres(Arc<Postgres>),
    MariaDb(Arc<MariaDb>),
}

impl Server {
    pub fn postgres() -> Server {
        Server::Postgres(postgres::shared())
    }

    pub fn mariadb() -> Server {
        Server::MariaDb(mariadb::shared())
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::SeqCst));
        match self {
            Server::Postgres(server) => {
                server.create_database(&name);
                server.url(&name)
            }
            Server::MariaDb(server) => {
                server.create_database(&name);
                server.url(&name)
            }
        }
    }

    /// A ledger in a new database.
    pub async fn open(&self) -> Opened {
        Opened::at(&self.database(), 9).await
    }
}

pub struct Opened {
    pub sql: Sql,
    pub url: String,
}

impl Opened {
    pub async fn at(url: &str, connections: u32) -> Opened {
        let sql = connect(url, None, connections, Access::Migrate).await;
        Opened {
            sql: sql.unwrap(),
            url: url.to_owned(),
        }
    }

    /// Another instance of the program over the same ledger.
    pub async fn another_instance(&self) -> Opened {
        Opened::at(&self.url, 9).await
    }

    /// A connection outside the shop.
    pub async fn foreign(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.unwrap()
    }

    /// An item of an open round; its id is derived from its number.
    pub async fn item(&self, number: u32, stock: u32) -> ItemId {
        let item_id = ItemId(Uuid::from_u128(0xa000 + u128::from(number)));
        let product_id = Uuid::from_u128(0xab00 + u128::from(number));
        let round = NewRound {
            round_id: RoundId(Uuid::from_u128(0xaa00 + u128::from(number))),
            title: both("午夜场", "Midnight round"),
            starts_at_ms: START_MS,
            ends_at_ms: START_MS + HOUR_MS,
            stopped: None,
            pay_window_s: None,
            items: vec![NewItem {
                // Four bytes in UTF-8: some databases must be configured for that.
                title: both("手冲壶 🫖", "Pour-over kettle"),
                ..sample_item(item_id, product_id, stock)
            }],
        };
        self.sql
            .add_round(
                &round,
                RoundState::Approved,
                &ChangedBy::command(),
                START_MS,
            )
            .await
            .unwrap();
        item_id
    }

    /// Fails unless every invariant holds.
    pub async fn audit(&self) -> Report {
        let report = audit::audit(&self.sql, START_MS).await.unwrap();
        assert_eq!(report.violations, [], "{report:#?}");
        report
    }

    /// Writes like a worker: retries when busy. Fails on all other errors.
    pub async fn write(&self, batch: &[(QueuedReservation, OrderId)]) -> Vec<WriteOutcome> {
        until_not_busy("write", async || self.sql.write(batch, START_MS).await).await
    }
}

/// Runs SQL without a result.
pub async fn run(connection: &impl ConnectionTrait, sql: &str) {
    connection.execute_unprepared(sql).await.unwrap();
}

/// Retries while the answer is `Busy`, for a minute at most.
pub async fn until_not_busy<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<T, PortError>,
) -> T {
    let begun = Instant::now();
    loop {
        match ask().await {
            Ok(value) => return value,
            Err(PortError::Busy { detail, .. }) => {
                let waited = begun.elapsed();
                assert!(waited < Duration::from_mins(1), "{what}: {detail}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{what}: {error:?}"),
        }
    }
}

/// A buyer's reservation of an item; the same numbers give the same reservation.
pub fn held(item_id: ItemId, buyer: u32) -> QueuedReservation {
    let id = (item_id.0.as_u128() << 32) + u128::from(buyer);
    QueuedReservation {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(id)),
            item_id,
            buyer: AccountId(Uuid::from_u128(u128::from(buyer))),
        },
        path: format!("path{buyer}"),
        position: buyer,
        held_at_ms: START_MS,
        replayed: false,
    }
}

/// A batch with new order ids.
pub fn batch(entries: &[QueuedReservation]) -> Vec<(QueuedReservation, OrderId)> {
    entries
        .iter()
        .map(|entry| (entry.clone(), OrderId(Uuid::now_v7())))
        .collect()
}
