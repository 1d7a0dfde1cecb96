//! Copies of the database of a data folder: complete, of one moment, made while the shop sells, and
//! checked afterwards. A copy is one file, written by SQLite itself, so it includes the write-ahead
//! log. It gets its name when it is complete and on disk.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, Value};

use super::{
    COMMAND_WAIT, Sql,
    connect::{
        Access, ConnectError, Durability, FILE, LedgerOptions, connect, sqlite, sqlite_file,
    },
    schema::Schema,
};
use crate::{
    adapters::{data_folder, system::SystemClock},
    chain::Chain,
    engine::ports::Clock as _,
};

/// The folder, inside a data folder, for copies made before migrations.
const BEFORE_MIGRATIONS: &str = "before-migrations";
/// How many of them are kept: each is as large as the database.
const KEPT: usize = 3;

/// The table in which a copy stores when it was made.
const NOTE: &str = "backup_time";
/// Options for opening a copy.
const OF_A_COPY: LedgerOptions = LedgerOptions {
    access: Access::Read,
    durability: Durability::Disk,
    wait: COMMAND_WAIT,
    // A copy is only read: nobody buys.
    pay_window_s: 0,
};

/// Why a copy was not made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file with this name exists.
    #[error("{} exists already, and a copy overwrites nothing", .0.display())]
    Exists(PathBuf),
    /// SQLite accepts only file names in UTF-8.
    #[error("the name {} is not UTF-8", .0.display())]
    Name(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}", .file.display())]
    Write { file: PathBuf, source: io::Error },
    /// The file cannot be read.
    #[error("cannot read {}", .file.display())]
    Read { file: PathBuf, source: io::Error },
    /// SQLite reported an error.
    #[error("cannot copy the database to {}", .file.display())]
    Database {
        /// The file of the copy.
        file: PathBuf,
        source: DbErr,
    },
}

fn cannot_write(file: &Path) -> impl Fn(io::Error) -> CopyError {
    move |source| CopyError::Write {
        file: file.to_owned(),
        source,
    }
}

/// Copies the database of a data folder to `file`, while others may read and write it.
///
/// # Errors
/// See [`ConnectError`].
pub async fn backup(folder: &Path, file: &Path) -> Result<(), ConnectError> {
    Sql::must_be_in(folder)?;
    let from = connect(
        &sqlite(folder, &OF_A_COPY).read_only(true),
        1,
        &OF_A_COPY,
        None,
    )
    .await?;
    let copied = write(&from, file, Some(SystemClock.now_ms())).await;
    from.close_by_ref().await?;
    Ok(copied?)
}

/// Creates a data folder's shop from a copy. The caller made the folder, and it contains no shop.
///
/// # Errors
/// See [`ConnectError`].
pub async fn restore(copy: &Path, folder: &Path) -> Result<(), ConnectError> {
    let from = open(copy).await?;
    let restored = write(&from, &folder.join(FILE), None).await;
    from.close_by_ref().await?;
    Ok(restored?)
}

/// The file of a shop in a data folder, if there is one. Includes the log of a deleted database, which
/// SQLite would apply to the next database of that name.
///
/// # Errors
/// If the folder exists and cannot be read.
pub fn shop_in(folder: &Path) -> io::Result<Option<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(FILE) {
            found.push(entry.path());
        }
    }
    Ok(found.into_iter().min())
}

/// Copies a data folder's database before its migration, and removes the oldest such copies.
pub(super) async fn before_migration(
    folder: &Path,
    database: &DatabaseConnection,
    version: &str,
) -> Result<(), CopyError> {
    let copies = folder.join(BEFORE_MIGRATIONS);
    data_folder::make(&copies).map_err(|error| CopyError::Write {
        file: copies.clone(),
        source: io::Error::other(error),
    })?;
    let now_ms = SystemClock.now_ms();
    let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let file = copies.join(format!(
        "{}-{version}.db",
        now.strftime("%Y%m%dT%H%M%S%3fZ")
    ));
    write(database, &file, Some(now_ms)).await?;
    let shown = file.display();
    tracing::info!(copy = %shown, "copied the database before its migration");
    keep_the_newest(&copies).map_err(cannot_write(&copies))
}

/// Keeps the newest copies: their names begin with the time.
fn keep_the_newest(copies: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(copies)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "db") {
            files.push(path);
        }
    }
    files.sort();
    let old = files.len().saturating_sub(KEPT);
    files[..old].iter().try_for_each(fs::remove_file)
}

/// An incomplete file; removed unless it gets its final name.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // It has its final name now, or is useless.
        let _ = fs::remove_file(&self.0);
    }
}

async fn write(
    from: &DatabaseConnection,
    file: &Path,
    made_at_ms: Option<i64>,
) -> Result<(), CopyError> {
    if file.symlink_metadata().is_ok() {
        return Err(CopyError::Exists(file.to_owned()));
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    let path = part.to_str().ok_or_else(|| CopyError::Name(part.clone()))?;
    // SQLite writes into an empty file, and keeps its rights.
    let made = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&part)
        .map_err(cannot_write(file))?;
    let part = Part(part.clone());
    let failed = |source| CopyError::Database {
        file: file.to_owned(),
        source,
    };
    let vacuum = Statement::from_sql_and_values(
        from.get_database_backend(),
        "VACUUM INTO ?",
        [Value::from(path)],
    );
    from.execute_raw(vacuum).await.map_err(failed)?;
    if let Some(made_at_ms) = made_at_ms {
        note_time(&part.0, made_at_ms).await.map_err(failed)?;
    }
    made.sync_all().map_err(cannot_write(file))?;
    give_name(&part.0, file)
}

/// Stores in the copy when it was made: later checks must not report entries that waited then as
/// waiting too long.
async fn note_time(copy: &Path, made_at_ms: i64) -> Result<(), DbErr> {
    let opened = connect(&sqlite_file(copy, &OF_A_COPY), 1, &OF_A_COPY, None).await;
    let database = opened.map_err(|error| DbErr::Custom(error.to_string()))?;
    let note = format!(
        "DROP TABLE IF EXISTS {NOTE}; \
         CREATE TABLE {NOTE} (made_at_ms BIGINT NOT NULL); \
         INSERT INTO {NOTE} VALUES ({made_at_ms})"
    );
    let noted = database.execute_unprepared(&note).await;
    database.close_by_ref().await?;
    noted.map(drop)
}

/// Never replaces an existing file. Some memory cards and network drives have no hard links, which make
/// this atomic: there it only checks first whether the name is free.
fn give_name(part: &Path, file: &Path) -> Result<(), CopyError> {
    let linked = match fs::hard_link(part, file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !file.exists() => {
            fs::rename(part, file)
        }
        linked => linked,
    };
    linked.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => CopyError::Exists(file.to_owned()),
        _ => cannot_write(file)(source),
    })?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(cannot_write(file))
}

async fn open(copy: &Path) -> Result<DatabaseConnection, ConnectError> {
    File::open(copy).map_err(|source| CopyError::Read {
        file: copy.to_owned(),
        source,
    })?;
    let file = sqlite_file(copy, &OF_A_COPY).read_only(true);
    connect(&file, 1, &OF_A_COPY, None).await
}

/// The result of inspecting a copy.
pub struct Inspection {
    /// Damage that SQLite found in the file.
    pub damage: Vec<String>,
    pub schema: Schema,
    /// When it was made; or, if it does not say so, when it was last written.
    pub made_at_ms: i64,
    /// Every table and its number of rows; not read from a damaged file.
    pub rows: Vec<(String, i64)>,
    /// The ledger in it.
    pub sql: Sql,
}

/// Inspects a copy without changing it.
///
/// # Errors
/// If it cannot be read.
pub async fn inspect(copy: &Path) -> Result<Inspection, ConnectError> {
    let database = open(copy).await?;
    let mut inspection = Inspection {
        damage: Vec::new(),
        schema: Schema::None,
        made_at_ms: written_at_ms(copy),
        rows: Vec::new(),
        sql: Sql::of_copy(database.clone(), &OF_A_COPY),
    };
    // An unreadable file is damaged, whatever SQLite's error is.
    if let Err(error) = inspection.read(&database).await {
        inspection.damage.push(Chain(&error).to_string());
    }
    Ok(inspection)
}

impl Inspection {
    async fn read(&mut self, database: &DatabaseConnection) -> Result<(), DbErr> {
        let read = |sql: String| {
            let statement = Statement::from_string(database.get_database_backend(), sql);
            database.query_all_raw(statement)
        };
        for row in read("PRAGMA integrity_check".to_owned()).await? {
            self.damage.push(row.try_get_by_index(0)?);
        }
        self.damage.retain(|line| line != "ok");
        for row in read("PRAGMA foreign_key_check".to_owned()).await? {
            let table: String = row.try_get_by_index(0)?;
            self.damage
                .push(format!("a row of {table} refers to one that is not there"));
        }
        if !self.damage.is_empty() {
            return Ok(());
        }
        self.schema = Schema::of(database).await?;
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table' \
                      AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'seaql_%' ORDER BY name";
        for row in read(tables.to_owned()).await? {
            let table: String = row.try_get_by_index(0)?;
            let counted = read(format!("SELECT COUNT(*) FROM \"{table}\"")).await?;
            let count = counted.first().map(|row| row.try_get_by_index(0));
            self.rows
                .push((table, count.transpose()?.unwrap_or_default()));
        }
        if self.rows.iter().any(|(table, _)| table == NOTE) {
            let noted = read(format!("SELECT made_at_ms FROM {NOTE}")).await?;
            let noted = noted.first().map(|row| row.try_get_by_index(0));
            self.made_at_ms = noted.transpose()?.unwrap_or(self.made_at_ms);
        }
        self.rows.retain(|(table, _)| table != NOTE);
        Ok(())
    }
}

fn written_at_ms(file: &Path) -> i64 {
    let written = file.metadata().and_then(|found| found.modified());
    let since = written
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}
