//! Opening the database of a server: PostgreSQL, MySQL or MariaDB. What every connection is told
//! before it is used, how many there are, and migrating one instance of the program at a time.

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

/// A connection that has not been used for so long is asked whether it still works before it is
/// used. A busy one is not: that would cost every statement a round trip.
const ASK_AFTER: Duration = Duration::from_secs(1);
/// How long the answer may take when a connection comes back to the pool. A server that vanished
/// without a word must not keep it: the pool would run dry until the operating system gives up.
const ASK_LIMIT: Duration = Duration::from_secs(1);
/// An unused connection is closed after this long.
const IDLE: Duration = Duration::from_mins(1);
/// No connection is older: after a take-over, or behind a balancer, they move on by themselves.
const LIFETIME: Duration = Duration::from_mins(30);
/// How long a starting instance waits for the database, and for another that migrates it.
const MIGRATION: Duration = Duration::from_mins(1);

/// The place of a shop, for errors. The address may hold a password.
const PLACE: &str = "the database";

/// A statement and a lock take 5 s at most, a transaction that its owner left goes after 15 s, and
/// every statement of a transaction that writes sees what is committed.
const POSTGRES_CONNECTION: &str = "SET statement_timeout = 5000; SET lock_timeout = 5000; \
     SET idle_in_transaction_session_timeout = 15000; \
     SET default_transaction_isolation = 'read committed'";
/// The same as far as it goes: a connection that nobody uses for two minutes (the pool closes it
/// earlier) is not there any more. What is in the comment is understood by MariaDB alone.
const MYSQL_CONNECTION: [&str; 2] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, wait_timeout = 120, \
     sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES') \
     /*M!100301 , idle_transaction_timeout = 15 */",
];

/// The address of a database, with a file of authorities for its certificate where it names none itself.
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

/// Where a database is, understood.
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

    /// A pool of at most `connections`. It connects when it is used, so that a server that is away
    /// for a moment is waited for by whoever asks, for as long as `wait`.
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

    /// The same, of a replica: one that is away is no error, and one that is not accepted is.
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

    /// The address is given in parts, already understood, so that it is in no message or trace.
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

    /// Brings the schema up to date, one process at a time. The lock belongs to the connection: it
    /// is the only one of its pool, and goes with it, however this ends.
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
                // A number of this program's own; such locks are a database's.
                let lock = "SELECT pg_advisory_lock(7308895118932177763)";
                let got = only.execute_unprepared(lock).await;
                match got {
                    Err(error) if meaning(&error) == Meaning::Busy => false,
                    got => got.map(|_| true)?,
                }
            }
            Server::MySql(_) => {
                // Such locks are a server's: the name says which database. 64 characters at most.
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

/// Gives up a connection that comes back and does not answer in time, or whose transaction was
/// neither committed nor rolled back: what it did is not known, and nothing may follow in it.
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
    /// Opens the database of a server. `connections` is how many this process may have, and as many
    /// to `replica_url`, a replica that is a little behind, where there is one.
    ///
    /// A third of the connections, rounded up, writes: workers come to an end however many people
    /// look at pages. With a single connection everything shares it.
    ///
    /// # Errors
    /// See [`ConnectError`]. A replica that is away is no error: the primary answers for it.
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
    fn an_address_that_is_none_is_not_repeated() {
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
