//! Copies of the database of a data folder: whole, of one moment, made while the shop sells, and looked
//! at afterwards. A copy is one file; SQLite itself writes it, so it also has what is still in the
//! write-ahead log. It appears under its name when it is complete and on disk.

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

/// Where a data folder keeps the copies that were made before migrations.
const BEFORE_MIGRATIONS: &str = "before-migrations";
/// So many of them are kept: each is as large as the database.
const KEPT: usize = 3;

/// The table in which a copy says when it was made.
const NOTE: &str = "backup_time";
/// How the database of a copy is opened.
const OF_A_COPY: LedgerOptions = LedgerOptions {
    access: Access::Read,
    durability: Durability::Disk,
    wait: COMMAND_WAIT,
    // A copy is only looked at: nobody buys.
    pay_window_s: 0,
};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Something has the name.
    #[error("{} is there already, and a copy overwrites nothing", .0.display())]
    Exists(PathBuf),
    /// SQLite takes names in UTF-8 alone.
    #[error("the name {} is not UTF-8", .0.display())]
    Name(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}", .file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {}", .file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What SQLite says.
    #[error("cannot copy the database to {}", .file.display())]
    Database {
        /// Where to.
        file: PathBuf,
        /// Why.
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

/// Makes the shop of a data folder from a copy. The folder is the caller's, and has no shop.
///
/// # Errors
/// See [`ConnectError`].
pub async fn restore(copy: &Path, folder: &Path) -> Result<(), ConnectError> {
    let from = open(copy).await?;
    let restored = write(&from, &folder.join(FILE), None).await;
    from.close_by_ref().await?;
    Ok(restored?)
}

/// A file of a data folder that belongs to a shop, if one is there: also the log of a database that is gone,
/// which SQLite would add to the next one of that name.
///
/// # Errors
/// When the folder is there and cannot be read.
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

/// Copies a data folder's database before its migration, and removes the oldest of such copies.
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

/// Their names begin with the time.
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

/// A file that is not complete yet; removed unless it gets its name.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // It has a name of its own now, or is of no use to anybody.
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
    // SQLite writes into an empty file, and leaves its rights as they are.
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

/// The copy says itself when it was made: whoever looks at it later must not take what waited then for
/// something that waits too long.
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

/// What has the name already is not replaced. A file system that knows no hard links, as of some memory
/// cards and network drives, has no such step: there it is looked whether the name is free.
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

/// What a copy says about itself.
pub struct Inspection {
    /// What SQLite finds broken in the file.
    pub damage: Vec<String>,
    /// Its schema.
    pub schema: Schema,
    /// When it was made; of a file that does not say so, when it was written last.
    pub made_at_ms: i64,
    /// Every table and how many rows it has; not read of a file that is damaged.
    pub rows: Vec<(String, i64)>,
    /// The ledger in it.
    pub sql: Sql,
}

/// Looks at a copy and changes nothing in it.
///
/// # Errors
/// When it cannot be read.
pub async fn inspect(copy: &Path) -> Result<Inspection, ConnectError> {
    let database = open(copy).await?;
    let mut inspection = Inspection {
        damage: Vec::new(),
        schema: Schema::None,
        made_at_ms: written_at_ms(copy),
        rows: Vec::new(),
        sql: Sql::of_copy(database.clone(), &OF_A_COPY),
    };
    // What cannot be read is damaged, in whatever way SQLite says so.
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
