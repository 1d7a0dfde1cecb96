//! Opening the database of a data folder. Opening one of a server is in `servers`.

use std::{
    fmt::Display,
    path::Path,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        ConnectOptions as _, Connection as _, Sqlite,
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
    /// What was to be read has never been a shop.
    #[error("there is no shop in {0}; `server migrate` makes one")]
    NoShop(String),
    /// What was to be read is the shop of an earlier version.
    #[error("the shop in {0} is of an earlier version; `server migrate` brings it up to date")]
    EarlierVersion(String),
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
        let file = sqlite(folder)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match durability {
                Durability::Disk => SqliteSynchronous::Full,
                Durability::Process => SqliteSynchronous::Off,
            });
        let write = connect(&file, 1).await?;
        Migrator::up(&write, None).await?;
        let read = connect(&file, READERS).await?;
        Ok(Sql::of_file(write, read, pay_window_s))
    }

    /// Opens the database of a data folder to read it. Nothing is made or changed, and whatever would
    /// write fails.
    ///
    /// # Errors
    /// See [`ConnectError`]; also when the folder has no shop of this version.
    pub async fn open_to_read(folder: &Path, pay_window_s: u32) -> Result<Sql, ConnectError> {
        let place = folder.display();
        if !folder.join(FILE).is_file() {
            return Err(ConnectError::NoShop(place.to_string()));
        }
        let read = connect(&sqlite(folder).read_only(true), READERS).await?;
        is_of_this_version(&read, place).await?;
        Ok(Sql::of_file(read.clone(), read, pay_window_s))
    }

    fn of_file(write: DatabaseConnection, read: DatabaseConnection, pay_window_s: u32) -> Sql {
        Sql {
            write,
            pages: read.clone(),
            read,
            has_replica: false,
            pay_window_s,
        }
    }
}

/// Fails unless the database at `place` has every migration of this program. Makes none.
pub(super) async fn is_of_this_version(
    database: &DatabaseConnection,
    place: impl Display,
) -> Result<(), ConnectError> {
    let missing = Migrator::get_pending_migrations_read_only(database).await?;
    match missing.len() {
        0 => Ok(()),
        all if all == Migrator::migrations().len() => Err(ConnectError::NoShop(place.to_string())),
        _ => Err(ConnectError::EarlierVersion(place.to_string())),
    }
}

/// Opens a file as often as it takes: making it, with a disk that has other things to do, takes
/// longer than a request may wait for a connection.
async fn connect(
    file: &SqliteConnectOptions,
    connections: u32,
) -> Result<DatabaseConnection, DbErr> {
    let file = file.clone();
    // What this address says is replaced by `file`.
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_sqlite_opts(move |_| file.clone())
        .map_sqlx_sqlite_pool_opts(outside_a_transaction);
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

fn sqlite(folder: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.join(FILE))
        .busy_timeout(LOCK)
        .disable_statement_logging()
}
