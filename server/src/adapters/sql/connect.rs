//! Opens the database of a data folder. `servers` opens that of a server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    sqlx::{
        ConnectOptions as _, Connection as _, Sqlite,
        pool::PoolOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use sea_orm_migration::MigratorTrait;

use super::{
    Sql,
    copy::{self, CopyError},
    errors::{Meaning, is_disk_error, meaning},
    health::{WRITE_A_FILE, Writes},
    schema::Schema,
};
use crate::{
    adapters::{
        data_folder::{self, DataFolderError},
        tls::NotAccepted,
    },
    migrations::Migrator,
};

/// The database's file in the data folder.
pub(super) const FILE: &str = "seckill.db";
/// How long a request waits for a connection: a waiting person does not benefit from more.
pub const REQUEST_WAIT: Duration = Duration::from_millis(500);
/// How long a command waits for one: enough on a busy machine.
pub const COMMAND_WAIT: Duration = Duration::from_secs(20);
/// Time limit of opening, in all.
const OPEN: Duration = Duration::from_secs(20);
/// Minimum wait for another process's lock (`seed` or `audit` beside a server).
const LOCK: Duration = Duration::from_secs(5);
/// Concurrent readers. SQLite reads need CPU: more than a few would only compete for it.
const READERS: u32 = 4;

/// Why the database did not open.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The data folder is not usable.
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    /// The database's address is malformed. It is not repeated here: it may contain a password.
    #[error("the database's address cannot be understood: {0}")]
    Address(String),
    /// Another process is migrating the database and does not finish.
    #[error("another process has been migrating the database for more than {} seconds", .0.as_secs())]
    Migrating(Duration),
    /// No shop was created there.
    #[error("there is no shop in {0}: run `server migrate`")]
    NoShop(String),
    /// The shop there is of an earlier version.
    #[error("the shop in {0} is of an earlier version: run `server migrate`")]
    EarlierVersion(String),
    /// The shop there is of a later version.
    #[error(
        "the shop in {place} is of a later version: its schema is {found}, and this program knows \
         {known}; run the newer program, or restore the copy from before its migration"
    )]
    LaterVersion {
        place: String,
        /// The schema of the shop.
        found: String,
        /// The schema of this program.
        known: String,
    },
    /// The server was reached, but its certificate is not accepted, or it does not speak TLS.
    #[error(transparent)]
    NotAccepted(NotAccepted),
    /// A copy of the database cannot be made or read.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// It is not migrated without a copy.
    #[error("the database is not migrated, because it cannot be copied before that")]
    NotCopied(#[source] CopyError),
    /// The database cannot be opened or migrated.
    #[error("cannot open the database: {0}")]
    Database(#[from] DbErr),
    /// The database of a data folder cannot be opened.
    #[error("cannot open the database {}", .file.display())]
    File { file: PathBuf, source: DbErr },
}

/// What opening may do to the database, and what is allowed afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Creates the shop, or migrates its schema; then reads and writes.
    Migrate,
    /// Reads and writes a shop of this version.
    Write,
    /// Reads a shop of this version. In a data folder, every write fails.
    Read,
}

/// Options for opening a ledger.
#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    pub access: Access,
    /// What a commit guarantees in a data folder; a server has its own settings for that.
    pub durability: Durability,
    /// How long a caller waits for a connection: [`REQUEST_WAIT`] or [`COMMAND_WAIT`]. All other
    /// time limits are derived from it.
    pub wait: Duration,
    /// Seconds a buyer has to pay, in rounds without their own value.
    pub pay_window_s: u32,
}

/// What a commit guarantees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Written to disk: survives a power failure. Required for a shop.
    Disk,
    /// Passed to the operating system: survives the process, but not the machine. For tests that
    /// open hundreds of databases.
    Process,
}

/// The options of a test's ledger.
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
        match options.access {
            Access::Migrate => {
                data_folder::make(folder)?;
                data_folder::make_file(&folder.join(FILE))?;
            }
            Access::Write => Sql::must_be_in(folder)?,
            Access::Read => return Sql::open_to_read(folder, options).await,
        }
        let file = sqlite(folder, options)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match options.durability {
                Durability::Disk => SqliteSynchronous::Full,
                Durability::Process => SqliteSynchronous::Off,
            });
        let writes = Arc::<Writes>::default();
        let write = connect(&file, 1, options, Some(writes.clone())).await?;
        match options.access {
            Access::Migrate => migrate(&write, folder).await?,
            Access::Write | Access::Read => {
                Schema::of(&write).await?.must_be_own(folder.display())?;
                let written = write_once(&write).await;
                written.map_err(|source| of_file(&file, source))?;
            }
        }
        let read = connect(&file, READERS, options, None).await?;
        Ok(Sql::of_file(write, read, writes, options))
    }

    /// Opens without a writer's pragmas: they would change the file.
    async fn open_to_read(folder: &Path, options: &LedgerOptions) -> Result<Sql, ConnectError> {
        Sql::must_be_in(folder)?;
        let file = sqlite(folder, options).read_only(true);
        let read = connect(&file, READERS, options, None).await?;
        Schema::of(&read).await?.must_be_own(folder.display())?;
        Ok(Sql::of_copy(read, options))
    }

    /// Fails if a data folder contains no shop, of any version.
    ///
    /// # Errors
    /// [`ConnectError::NoShop`].
    pub fn must_be_in(folder: &Path) -> Result<(), ConnectError> {
        match folder.join(FILE).is_file() {
            true => Ok(()),
            false => Err(ConnectError::NoShop(folder.display().to_string())),
        }
    }

    /// Size in bytes of the database in a data folder; 0 if there is none.
    pub fn size_in(folder: &Path) -> u64 {
        let found = folder.join(FILE).metadata();
        found.map_or(0, |found| found.len())
    }

    /// A ledger for a file that is only read.
    pub(super) fn of_copy(read: DatabaseConnection, options: &LedgerOptions) -> Sql {
        Sql::of_file(read.clone(), read, Arc::default(), options)
    }

    fn of_file(
        write: DatabaseConnection,
        read: DatabaseConnection,
        writes: Arc<Writes>,
        options: &LedgerOptions,
    ) -> Sql {
        Sql {
            write,
            pages: read.clone(),
            read,
            has_replica: false,
            writes,
            wait: options.wait,
            pay_window_s: options.pay_window_s,
        }
    }
}

/// Migrates a data folder's schema. Copies an existing shop first: a migration cannot be undone.
async fn migrate(write: &DatabaseConnection, folder: &Path) -> Result<(), ConnectError> {
    let schema = Schema::of(write).await?;
    schema.must_be_known(folder.display())?;
    if let Schema::Earlier(version) = &schema {
        let copied = copy::before_migration(folder, write, version).await;
        copied.map_err(ConnectError::NotCopied)?;
    }
    Ok(Migrator::up(write, None).await?)
}

/// Opens a file, with retries: creating it on a busy disk takes longer than a request may wait for a
/// connection. Does not retry when the disk fails. With `writes`, closes a connection that turned out
/// to be read-only.
pub(super) async fn connect(
    at: &SqliteConnectOptions,
    connections: u32,
    options: &LedgerOptions,
    writes: Option<Arc<Writes>>,
) -> Result<DatabaseConnection, ConnectError> {
    let (file, wait) = (at.clone(), options.wait);
    // `file` replaces this address.
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(wait)
        // It would cost a switch to the connection's thread before each statement, only to check that the file
        // is open. `usable` checks what matters, and releasing a connection pings too.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_sqlite_opts(move |_| file.clone())
        .map_sqlx_sqlite_pool_opts(move |pool| usable(pool, writes.clone()));
    let begun = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            Err(error)
                if meaning(&error) == Meaning::Busy
                    && !is_disk_error(&error)
                    && begun.elapsed() < OPEN => {}
            opened => return opened.map_err(|source| of_file(at, source)),
        }
    }
}

fn of_file(file: &SqliteConnectOptions, source: DbErr) -> ConnectError {
    ConnectError::File {
        file: file.get_filename().to_owned(),
        source,
    }
}

/// Fails if writing is impossible: SQLite opens a file read-only if it cannot open it for writing, and
/// notices a full disk only when it writes. A lock of another process is not a failure.
async fn write_once(write: &DatabaseConnection) -> Result<(), DbErr> {
    match write.execute_unprepared(WRITE_A_FILE).await {
        Err(error) if is_disk_error(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Closes a connection whose COMMIT failed, so that it is never used again.
///
/// SQLite rolls such a transaction back by itself, so that the driver's own ROLLBACK fails and the
/// driver still counts the transaction as open. The next transaction on that connection would be a
/// savepoint, and after a second failure a savepoint inside a transaction that is never committed:
/// every answer reports success, and nothing is on disk. The hook runs after the ping of the
/// release, when a rollback under way is done.
///
/// Also closes a connection that turned out to be read-only, see [`Writes::found_read_only`].
fn usable(pool: PoolOptions<Sqlite>, writes: Option<Arc<Writes>>) -> PoolOptions<Sqlite> {
    pool.before_acquire(move |connection, _| {
        let reopen = writes.as_ref().is_some_and(|writes| writes.must_reopen());
        Box::pin(async move { Ok(!reopen && !connection.is_in_transaction()) })
    })
}

pub(super) fn sqlite(folder: &Path, options: &LedgerOptions) -> SqliteConnectOptions {
    sqlite_file(&folder.join(FILE), options)
}

pub(super) fn sqlite_file(file: &Path, options: &LedgerOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        // A command waits for another process's write lock as long as for a connection.
        .busy_timeout(LOCK.max(options.wait))
        .disable_statement_logging()
}
