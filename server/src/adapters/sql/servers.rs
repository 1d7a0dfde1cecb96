//! Opens the database of a server: PostgreSQL, MySQL or MariaDB. Sets up connections, their number,
//! and migrates in one instance at a time.

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement,
    sqlx::{
        Connection, Executor,
        mysql::{MySqlConnectOptions, MySqlSslMode},
        pool::{PoolConnectionMetadata, PoolOptions},
        postgres::{PgConnectOptions, PgSslMode},
    },
};
use sea_orm_migration::MigratorTrait;
use tokio::time::timeout;

use super::{
    Sql,
    connect::{Access, ConnectError, LedgerOptions},
    errors::{Meaning, meaning, tls_error},
    schema::Schema,
};
use crate::{adapters::tls::NotAccepted, migrations::Migrator};

/// A connection that was idle for this long is checked before it is used. A busy one is not: that
/// would cost every statement a round trip.
const ASK_AFTER: Duration = Duration::from_secs(1);
/// Time limit of the check when a connection returns to the pool. A server that vanished silently
/// must not block it: the pool would be exhausted until the operating system gives up.
const ASK_LIMIT: Duration = Duration::from_secs(1);
/// An unused connection is closed after this long.
const IDLE: Duration = Duration::from_mins(1);
/// Maximum age of a connection: after a fail-over they move on by themselves.
const LIFETIME: Duration = Duration::from_mins(30);
/// How long a starting instance waits for the database, and for another instance's migration.
const MIGRATION: Duration = Duration::from_mins(1);

/// The shop's place in errors. The address may contain a password.
const PLACE: &str = "the database";

/// A statement and a lock take 5 s at most, an abandoned transaction is ended after 15 s, and every
/// statement of a writing transaction sees what is committed.
const POSTGRES_CONNECTION: &str = "SET statement_timeout = 5000; SET lock_timeout = 5000; \
     SET idle_in_transaction_session_timeout = 15000; \
     SET default_transaction_isolation = 'read committed'";
/// The same as far as possible: a connection unused for two minutes is closed (the pool does so
/// earlier). Only MariaDB executes what is in the comment.
const MYSQL_CONNECTION: [&str; 2] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, wait_timeout = 120, \
     sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES') \
     /*M!100301 , idle_transaction_timeout = 15 */",
];

/// Adds a file of certificate authorities to a database's address, unless it already names one.
pub fn with_authorities(url: &str, file: Option<&Path>) -> String {
    let names = ["sslrootcert=", "ssl-root-cert=", "ssl-ca=", "sslca="];
    let (name, Some(file)) = (url.split_once("://").map(|(scheme, _)| scheme), file) else {
        return url.to_owned();
    };
    if names.iter().any(|name| url.contains(name)) {
        return url.to_owned();
    }
    let name = match name {
        Some("mysql" | "mariadb") => "ssl-ca",
        _ => "sslrootcert",
    };
    let mut pair = form_urlencoded::Serializer::new(String::new());
    pair.append_pair(name, &file.display().to_string());
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{}", pair.finish())
}

fn not_accepted(setting: &'static str, place: &str, why: String) -> ConnectError {
    ConnectError::NotAccepted(NotAccepted {
        setting,
        place: place.to_owned(),
        why,
    })
}

fn ledger_not_accepted(error: ConnectError) -> ConnectError {
    match &error {
        ConnectError::Database(cause) => match tls_error(cause) {
            Some(why) => not_accepted("SECKILL_DATABASE_URL", PLACE, why),
            None => error,
        },
        _ => error,
    }
}

/// A parsed database address.
#[derive(Clone)]
enum Server {
    Postgres(Box<PgConnectOptions>),
    MySql(Box<MySqlConnectOptions>),
}

impl Server {
    fn parse(url: &str) -> Result<Server, ConnectError> {
        use sea_orm::sqlx::ConnectOptions;
        let not_understood =
            |error: &dyn std::error::Error| ConnectError::Address(error.to_string());
        match url.split_once("://") {
            Some(("postgres" | "postgresql", _)) => {
                let options: PgConnectOptions = url
                    .parse()
                    .map_err(|error: sea_orm::sqlx::Error| not_understood(&error))?;
                let options = options.application_name("seckill");
                Ok(Server::Postgres(Box::new(
                    options.disable_statement_logging(),
                )))
            }
            Some(("mysql" | "mariadb", _)) => {
                let options: MySqlConnectOptions = url
                    .parse()
                    .map_err(|error: sea_orm::sqlx::Error| not_understood(&error))?;
                let options = options.charset("utf8mb4");
                Ok(Server::MySql(Box::new(options.disable_statement_logging())))
            }
            _ => Err(ConnectError::Address(
                "it does not begin with postgres:// or mysql://".to_owned(),
            )),
        }
    }

    /// A pool of at most `connections`. It connects on demand: while a server is briefly
    /// unreachable, callers wait for up to `wait`.
    async fn pool(&self, connections: u32, wait: Duration) -> Result<DatabaseConnection, DbErr> {
        let mut options = self.options();
        options
            .max_connections(connections)
            .acquire_timeout(wait)
            .idle_timeout(IDLE)
            .max_lifetime(LIFETIME)
            .test_before_acquire_if_idle_for(ASK_AFTER)
            .connect_lazy(true)
            .map_sqlx_postgres_pool_opts(|pool| {
                works_when_released(pool).after_connect(|connection, _| {
                    Box::pin(async { connection.execute(POSTGRES_CONNECTION).await.map(drop) })
                })
            })
            .map_sqlx_mysql_pool_opts(|pool| {
                works_when_released(pool).after_connect(|connection, _| {
                    Box::pin(async {
                        for statement in MYSQL_CONNECTION {
                            connection.execute(statement).await?;
                        }
                        Ok(())
                    })
                })
            });
        Database::connect(options).await
    }

    /// The same for a replica: an unreachable one is no error, a refused one is.
    async fn accepted_pool(
        &self,
        connections: u32,
        wait: Duration,
    ) -> Result<DatabaseConnection, ConnectError> {
        let pool = self.pool(connections, wait).await?;
        if self.asks_for_tls()
            && let Err(error) = pool.ping().await
            && let Some(why) = tls_error(&error)
        {
            return Err(not_accepted(
                "SECKILL_DATABASE_REPLICA_URL",
                "the replica",
                why,
            ));
        }
        Ok(pool)
    }

    fn asks_for_tls(&self) -> bool {
        match self {
            Server::Postgres(options) => !matches!(
                options.get_ssl_mode(),
                PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer
            ),
            Server::MySql(options) => !matches!(
                options.get_ssl_mode(),
                MySqlSslMode::Disabled | MySqlSslMode::Preferred
            ),
        }
    }

    /// Passes the address in parsed parts, so that it appears in no message or trace.
    fn options(&self) -> ConnectOptions {
        let mut options = match self.clone() {
            Server::Postgres(server) => {
                let mut options = ConnectOptions::new("postgres://ledger");
                options.map_sqlx_postgres_opts(move |_| server.as_ref().clone());
                options
            }
            Server::MySql(server) => {
                let mut options = ConnectOptions::new("mysql://ledger");
                options.map_sqlx_mysql_opts(move |_| server.as_ref().clone());
                options
            }
        };
        options.sqlx_logging(false);
        options
    }

    /// Migrates the schema, one process at a time. The lock belongs to the connection, the only one
    /// of its pool, and is released with it in every case.
    async fn migrate(&self) -> Result<(), ConnectError> {
        let mut options = self.options();
        options
            .max_connections(1)
            .acquire_timeout(MIGRATION)
            .idle_timeout(None)
            .max_lifetime(None);
        let only = Database::connect(options).await?;
        let migrated = self.migrate_over(&only).await;
        // It may not answer any more; then it is dropped.
        let _ = timeout(ASK_LIMIT, only.close_by_ref()).await;
        migrated
    }

    async fn migrate_over(&self, only: &DatabaseConnection) -> Result<(), ConnectError> {
        let backend = only.get_database_backend();
        let locked = match self {
            Server::Postgres(_) => {
                let limit = format!("SET lock_timeout = {}", MIGRATION.as_millis());
                only.execute_unprepared(&limit).await?;
                // A number of this program's own; such locks are per database.
                let lock = "SELECT pg_advisory_lock(7308895118932177763)";
                let got = only.execute_unprepared(lock).await;
                match got {
                    Err(error) if meaning(&error) == Meaning::Busy => false,
                    got => got.map(|_| true)?,
                }
            }
            Server::MySql(_) => {
                // Such locks are per server: the name contains the database. 64 characters at most.
                let lock = format!(
                    "SELECT GET_LOCK(CONCAT('seckill:', MD5(DATABASE())), {}) = 1 AS locked",
                    MIGRATION.as_secs()
                );
                let row = only
                    .query_one_raw(Statement::from_string(backend, lock))
                    .await?;
                let locked: Option<i64> = row.map(|row| row.try_get("", "locked")).transpose()?;
                locked == Some(1)
            }
        };
        if !locked {
            return Err(ConnectError::Migrating(MIGRATION));
        }
        Schema::of(only).await?.must_be_known(PLACE)?;
        Ok(Migrator::up(only, None).await?)
    }
}

/// Closes a returning connection that does not answer in time, or whose transaction was neither
/// committed nor rolled back: its state is unknown, and nothing may follow on it.
fn works_when_released<D>(pool: PoolOptions<D>) -> PoolOptions<D>
where
    D: sea_orm::sqlx::Database,
{
    pool.after_release(|connection, _: PoolConnectionMetadata| {
        Box::pin(async {
            let answered = timeout(ASK_LIMIT, connection.ping()).await;
            answered.unwrap_or_else(|_| Err(sea_orm::sqlx::Error::PoolTimedOut))?;
            Ok(!connection.is_in_transaction())
        })
    })
}

impl Sql {
    /// Opens the database of a server. `connections` is the limit of this process, and again of its
    /// connections to `replica_url`, a slightly lagging replica, if given.
    ///
    /// A third of the connections, rounded up, is for writes, so that workers make progress however
    /// many people look at pages. A single connection is shared by everything.
    ///
    /// # Errors
    /// See [`ConnectError`]. An unreachable replica is no error: the primary answers instead.
    pub async fn connect(
        url: &str,
        replica_url: Option<&str>,
        connections: u32,
        options: &LedgerOptions,
    ) -> Result<Sql, ConnectError> {
        let server = Server::parse(url)?;
        let replica = replica_url.map(Server::parse).transpose()?;
        if options.access == Access::Migrate {
            server.migrate().await.map_err(ledger_not_accepted)?;
        }
        let writers = connections.div_ceil(3);
        let write = server.pool(writers, options.wait).await?;
        if options.access != Access::Migrate {
            let schema = Schema::of(&write).await.map_err(ConnectError::from);
            let schema = schema.map_err(ledger_not_accepted)?;
            schema.must_be_own(PLACE)?;
        }
        let read = match connections.saturating_sub(writers) {
            0 => write.clone(),
            readers => server.pool(readers, options.wait).await?,
        };
        let pages = match &replica {
            Some(replica) => replica.accepted_pool(connections, options.wait).await?,
            None => read.clone(),
        };
        Ok(Sql {
            write,
            read,
            pages,
            has_replica: replica.is_some(),
            writes: Arc::default(),
            wait: options.wait,
            pay_window_s: options.pay_window_s,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn an_invalid_address_is_not_echoed() {
        for url in [
            "postgres://shop:secret@db:notaport/x",
            "secret",
            "mysql://u:secret@[/",
        ] {
            let error = Server::parse(url).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
