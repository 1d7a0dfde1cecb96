//! Reads the database's version, clock and durability settings for operators.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, TryGetable};

use super::Sql;

/// The examined database.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// Its product and version.
    pub version: String,
    /// Reasons not to run the shop on it; empty if there are none.
    pub problems: Vec<String>,
    /// Its clock; `None` for a file.
    pub now_ms: Option<i64>,
    /// Whether this connection is encrypted; `None` for a file.
    pub encrypted: Option<bool>,
    /// Connections that it allows in total.
    pub max_connections: Option<u32>,
}

impl Examined {
    fn expect(&mut self, holds: bool, problem: String) {
        if !holds {
            self.problems.push(problem);
        }
    }
}

/// The oldest tested versions, as pairs of numbers.
const POSTGRES: (u32, u32) = (15, 0);
const MARIADB: (u32, u32) = (10, 11);
const MYSQL: (u32, u32) = (8, 0);

/// Asks PostgreSQL about this connection.
const ENCRYPTED: &str =
    "SELECT COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)";

impl Sql {
    /// Examines the primary.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn examine(&self) -> Result<Examined, DbErr> {
        match self.read.get_database_backend() {
            DbBackend::Postgres => self.examine_postgres().await,
            DbBackend::MySql => self.examine_mysql().await,
            _ => {
                let version: String = self.value("SELECT sqlite_version()").await?;
                Ok(Examined {
                    version: format!("SQLite {version}"),
                    ..Examined::default()
                })
            }
        }
    }

    async fn value<T: TryGetable>(&self, sql: &str) -> Result<T, DbErr> {
        let statement = Statement::from_string(self.read.get_database_backend(), sql);
        let row = self.read.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
        row.try_get_by_index(0)
    }

    /// The cipher of this connection to MySQL or MariaDB; empty if it is not encrypted.
    async fn cipher(&self) -> Result<String, DbErr> {
        let sql = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
        let statement = Statement::from_string(DbBackend::MySql, sql);
        let row = self.read.query_one_raw(statement).await?;
        row.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(1))
    }

    async fn examine_postgres(&self) -> Result<Examined, DbErr> {
        let setting = async |name: &str| -> Result<String, DbErr> {
            self.value(&format!("SELECT current_setting('{name}')"))
                .await
        };
        let version = setting("server_version").await?;
        let clock = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
        let mut examined = Examined {
            version: format!("PostgreSQL {version}"),
            now_ms: Some(self.value(clock).await?),
            max_connections: setting("max_connections").await?.parse().ok(),
            encrypted: Some(self.value(ENCRYPTED).await?),
            ..Examined::default()
        };
        examined.expect(
            numbers(&version) >= POSTGRES,
            format!("it is PostgreSQL {version}; the shop needs 15 or newer"),
        );
        for name in ["synchronous_commit", "fsync", "full_page_writes"] {
            let value = setting(name).await?;
            let problem = format!("its {name} is off: it may lose what it has committed");
            examined.expect(value != "off", problem);
        }
        Ok(examined)
    }

    async fn examine_mysql(&self) -> Result<Examined, DbErr> {
        let setting = async |name: &str| -> Result<String, DbErr> {
            self.value(&format!("SELECT CAST(@@{name} AS CHAR)")).await
        };
        let version = setting("version").await?;
        let (product, oldest) = match version.contains("MariaDB") {
            true => ("MariaDB", MARIADB),
            false => ("MySQL", MYSQL),
        };
        let clock = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
        let mut examined = Examined {
            version: format!("{product} {version}"),
            now_ms: Some(self.value(clock).await?),
            max_connections: setting("max_connections").await?.parse().ok(),
            encrypted: Some(!self.cipher().await?.is_empty()),
            ..Examined::default()
        };
        let (major, minor) = oldest;
        examined.expect(
            numbers(&version) >= oldest,
            format!("it is {product} {version}; the shop needs {major}.{minor} or newer"),
        );
        let mut wanted = vec![
            (
                "innodb_flush_log_at_trx_commit",
                "1",
                "it may lose what it has committed",
            ),
            (
                "character_set_database",
                "utf8mb4",
                "it cannot keep every name",
            ),
        ];
        if setting("log_bin").await? == "1" {
            wanted.push((
                "sync_binlog",
                "1",
                "a replica may get what it has lost, or the other way",
            ));
            wanted.push(("binlog_format", "ROW", "the shop uses READ COMMITTED"));
        }
        for (name, value, why) in wanted {
            let found = setting(name).await?;
            let problem = format!("its {name} is {found} and should be {value}: {why}");
            examined.expect(found == value, problem);
        }
        Ok(examined)
    }
}

/// The first two numbers of a version.
pub fn numbers(version: &str) -> (u32, u32) {
    let numbers = version.split(|c: char| !c.is_ascii_digit());
    let mut numbers = numbers.map_while(|number| number.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
