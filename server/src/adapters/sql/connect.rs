//! Opening the database of a data folder. Opening one of a server is in `servers`.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        Connection as _, Sqlite,
        pool::PoolOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use sea_orm_migration::MigratorTrait;

use super::{
    Sql,
    errors::{Meaning, meaning},
};
use crate::{
    adapters::data_folder::{self, DataFolderError},
    migrations::Migrator,
};

/// The database's file in the data folder.
const FILE: &str = "seckill.db";
/// How long a request waits for a connection. More is no use to a person who waits.
pub(super) const ACQUIRE: Duration = Duration::from_millis(500);
/// How long opening may take in all.
const OPEN: Duration = Duration::from_secs(20);
/// How long a statement waits for another process's lock (`seed` or `audit` beside a server).
const LOCK: Duration = Duration::from_secs(5);
/// Readers at once. SQLite reads cost CPU, not waiting: more than a few only fight for it.
const READERS: u32 = 4;

/// Why the database did not open.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    /// The database's address is not one. It is not repeated here: it may hold a password.
    #[error("the database's address cannot be understood: {0}")]
    Address(String),
    /// Another process is bringing the database up to date and does not come to an end.
    #[error("another process has been migrating the database for more than {} seconds", .0.as_secs())]
    Migrating(Duration),
    /// The database cannot be opened or brought up to date.
    #[error("cannot open the database: {0}")]
    Database(#[from] DbErr),
}

/// What a commit promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On disk: survives the loss of power. What a shop needs.
    Disk,
    /// With the operating system: survives the process, not the machine. For tests that open
    /// hundreds of databases.
    Process,
}

impl Sql {
    /// Opens (and makes) the database of a data folder and brings its schema up to date.
    /// `pay_window_s` is how many seconds a buyer has to pay where a round does not say.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn open(
        folder: &Path,
        durability: Durability,
        pay_window_s: u32,
    ) -> Result<Sql, ConnectError> {
        data_folder::make(folder)?;
        let file = folder.join(FILE);
        let connect = async |connections| {
            let file = file.clone();
            let mut options = ConnectOptions::new("sqlite::memory:");
            options
                .max_connections(connections)
                .min_connections(1)
                .acquire_timeout(ACQUIRE)
                .idle_timeout(None)
                .max_lifetime(None)
                .sqlx_logging(false)
                .map_sqlx_sqlite_opts(move |options| sqlite(options, &file, durability))
                .map_sqlx_sqlite_pool_opts(outside_a_transaction);
            patiently(options).await
        };
        let write = connect(1).await?;
        Migrator::up(&write, None).await?;
        let read = connect(READERS).await?;
        Ok(Sql {
            write,
            pages: read.clone(),
            read,
            has_replica: false,
            pay_window_s,
        })
    }
}

/// Opens a file as often as it takes: making it, with a disk that has other things to do, takes
/// longer than a request may wait for a connection.
async fn patiently(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let begun = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            Err(error) if meaning(&error) == Meaning::Busy && begun.elapsed() < OPEN => {}
            opened => return opened,
        }
    }
}

/// A connection whose COMMIT failed is closed, never used again.
///
/// SQLite rolls such a transaction back by itself, so that the driver's own ROLLBACK fails and the
/// driver goes on counting the transaction as open. What comes next on that connection would be a
/// savepoint instead of a transaction, and after a second failure a savepoint inside a transaction
/// that nobody commits: every answer says yes, and nothing is on disk. The hook runs after the ping
/// of the release, when a rollback that was under way has been done.
fn outside_a_transaction(pool: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    pool.before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
}

fn sqlite(
    options: SqliteConnectOptions,
    file: &Path,
    durability: Durability,
) -> SqliteConnectOptions {
    options
        .filename(file)
        .in_memory(false)
        .shared_cache(false)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match durability {
            Durability::Disk => SqliteSynchronous::Full,
            Durability::Process => SqliteSynchronous::Off,
        })
        .busy_timeout(LOCK)
}
