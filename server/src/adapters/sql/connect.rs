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
pub const REQUEST_WAIT: Duration = Duration::from_millis(500);
/// How long a command waits for one: on a machine with other things to do that ends well after all.
pub const COMMAND_WAIT: Duration = Duration::from_secs(20);
/// How long opening may take in all.
const OPEN: Duration = Duration::from_secs(20);
/// How long a statement waits for another process's lock at least (`seed` or `audit` beside a server).
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
    /// Nobody has made a shop there.
    #[error("there is no shop in {0}: run `server migrate`")]
    NoShop(String),
    /// The shop there is one of an earlier version.
    #[error("the shop in {0} is of an earlier version: run `server migrate`")]
    EarlierVersion(String),
    /// The database cannot be opened or brought up to date.
    #[error("cannot open the database: {0}")]
    Database(#[from] DbErr),
}

/// What opening may do to the database, and what may be done with it afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Makes the shop, or brings its schema up to date; then reads and writes.
    Migrate,
    /// Reads and writes a shop of this version.
    Write,
    /// Reads a shop of this version. In a data folder, whatever would write fails.
    Read,
}

/// How a ledger is opened.
#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    /// What may be done with it.
    pub access: Access,
    /// What a commit promises in a data folder; a server has settings of its own for that.
    pub durability: Durability,
    /// How long whoever asks waits for a connection: [`REQUEST_WAIT`] or [`COMMAND_WAIT`]. All other
    /// bounds follow from it.
    pub wait: Duration,
    /// Seconds a buyer has to pay, in rounds that do not say otherwise.
    pub pay_window_s: u32,
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

/// What a test's ledger is opened with.
#[cfg(test)]
pub(super) const FOR_A_TEST: LedgerOptions = LedgerOptions {
    access: Access::Migrate,
    durability: Durability::Process,
    wait: REQUEST_WAIT,
    pay_window_s: 600,
};

impl Sql {
    /// Opens the database of a data folder.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn open(folder: &Path, options: &LedgerOptions) -> Result<Sql, ConnectError> {
        let file = sqlite(folder, options)
            .create_if_missing(options.access == Access::Migrate)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match options.durability {
                Durability::Disk => SqliteSynchronous::Full,
                Durability::Process => SqliteSynchronous::Off,
            });
        match options.access {
            Access::Migrate => data_folder::make(folder)?,
            Access::Write | Access::Read => Sql::must_be_in(folder)?,
        }
        let write = match options.access {
            Access::Migrate => {
                let write = connect(&file, 1, options).await?;
                Migrator::up(&write, None).await?;
                write
            }
            Access::Write => {
                let write = connect(&file, 1, options).await?;
                is_of_this_version(&write, folder.display()).await?;
                write
            }
            Access::Read => {
                // Without the pragmas of a writer: they would change the file.
                let read =
                    connect(&sqlite(folder, options).read_only(true), READERS, options).await?;
                is_of_this_version(&read, folder.display()).await?;
                return Ok(Sql::of_file(read.clone(), read, options));
            }
        };
        let read = connect(&file, READERS, options).await?;
        Ok(Sql::of_file(write, read, options))
    }

    /// Fails where a data folder holds no shop, of whatever version.
    ///
    /// # Errors
    /// [`ConnectError::NoShop`].
    pub fn must_be_in(folder: &Path) -> Result<(), ConnectError> {
        match folder.join(FILE).is_file() {
            true => Ok(()),
            false => Err(ConnectError::NoShop(folder.display().to_string())),
        }
    }

    fn of_file(
        write: DatabaseConnection,
        read: DatabaseConnection,
        options: &LedgerOptions,
    ) -> Sql {
        Sql {
            write,
            pages: read.clone(),
            read,
            has_replica: false,
            wait: options.wait,
            pay_window_s: options.pay_window_s,
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
    options: &LedgerOptions,
) -> Result<DatabaseConnection, DbErr> {
    let (file, wait) = (file.clone(), options.wait);
    // What this address says is replaced by `file`.
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(wait)
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

fn sqlite(folder: &Path, options: &LedgerOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.join(FILE))
        // A command waits for the write lock of another process as long as for a connection.
        .busy_timeout(LOCK.max(options.wait))
        .disable_statement_logging()
}
