//! Converts a database's errors for the engine: retry later, or failed. Only this module knows
//! error codes.

use sea_orm::{
    DbErr, RuntimeErr, SqlErr,
    sqlx::{
        self, error::DatabaseError as _, mysql::MySqlDatabaseError, postgres::PgDatabaseError,
        sqlite::SqliteError,
    },
};
use uuid::Uuid;

use crate::{adapters::tls::explained, chain::Chain, engine::ports::PortError};

pub const PORT: &str = "ledger";

/// Why a transaction's body did not finish.
#[derive(Debug)]
pub enum LedgerError {
    /// An error of the database.
    Database(DbErr),
    /// An error found by the adapter.
    Port(PortError),
}

impl From<DbErr> for LedgerError {
    fn from(error: DbErr) -> Self {
        LedgerError::Database(error)
    }
}

impl From<PortError> for LedgerError {
    fn from(error: PortError) -> Self {
        LedgerError::Port(error)
    }
}

impl From<LedgerError> for PortError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Database(error) => port_error(error),
            LedgerError::Port(error) => error,
        }
    }
}

/// The meaning of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The database aborted this transaction in favour of another: run it again at once.
    Conflict,
    /// Another transaction wrote a row with the same key.
    Duplicate,
    /// The result is unknown, or the problem is temporary: ask again later.
    Busy,
    /// The database answered with an error.
    Failed,
}

/// The meaning of `error`.
pub fn meaning(error: &DbErr) -> Meaning {
    let Some(driver) = driver_error(error) else {
        return match error {
            DbErr::ConnectionAcquire(_) => Meaning::Busy,
            _ => Meaning::Failed,
        };
    };
    if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
        return Meaning::Duplicate;
    }
    match driver {
        // The connection broke. The statement may have been executed.
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Meaning::Busy,
        sqlx::Error::Database(answer) => {
            if let Some(answer) = answer.try_downcast_ref::<PgDatabaseError>() {
                postgres(answer.code())
            } else if let Some(answer) = answer.try_downcast_ref::<MySqlDatabaseError>() {
                mysql(answer.number())
            } else {
                sqlite(answer.code().as_deref())
            }
        }
        _ => Meaning::Failed,
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn postgres(code: &str) -> Meaning {
    match code {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Meaning::Conflict,
        // lock_not_available; query_canceled (the statement's time limit); admin_shutdown,
        // crash_shutdown, cannot_connect_now, idle_session_timeout; idle in transaction for too
        // long; read_only_sql_transaction (the server is a standby now: a take-over is under way)
        "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006" => {
            Meaning::Busy
        }
        // Connection exceptions; too few resources (connections, memory, disk).
        _ if code.starts_with("08") || code.starts_with("53") => Meaning::Busy,
        _ => Meaning::Failed,
    }
}

/// <https://mariadb.com/kb/en/mariadb-error-codes/>, and MySQL's equivalents.
fn mysql(number: u16) -> Meaning {
    match number {
        // Deadlock; a row changed since this transaction read it.
        1213 | 1020 => Meaning::Conflict,
        // Lock wait time-out: this has already waited long enough.
        1205 => Meaning::Busy,
        // Too many connections (of the server, of the user); out of disk, memory, threads.
        1040 | 1203 | 1226 | 1021 | 1037 | 1038 | 1041 | 1135 => Meaning::Busy,
        // The server shuts down; the connection or the query was killed, broke, or ran or idled for
        // too long.
        1053 | 1152 | 1158..=1161 | 1184 | 1317 | 1927 | 1969 | 3024 | 3169 | 4031 => Meaning::Busy,
        // Read only: a fail-over is under way.
        1290 | 1792 | 1836 => Meaning::Busy,
        _ => Meaning::Failed,
    }
}

/// <https://sqlite.org/rescode.html>: the low byte of an extended code is its primary code.
fn primary(code: &str) -> Option<u32> {
    Some(code.parse::<u32>().ok()? & 0xff)
}

const SQLITE_READONLY: u32 = 8;

fn sqlite(code: Option<&str>) -> Meaning {
    match code.and_then(primary) {
        // BUSY, LOCKED, PROTOCOL: another connection holds a lock.
        Some(5 | 6 | 15) => Meaning::Busy,
        Some(code) if is_of_the_disk(code) => Meaning::Busy,
        _ => Meaning::Failed,
    }
}

/// NOMEM, READONLY, IOERR, FULL, CANTOPEN: caused by the machine or its disk, not by the statement.
fn is_of_the_disk(code: u32) -> bool {
    matches!(code, 7 | SQLITE_READONLY | 10 | 13 | 14)
}

/// Whether SQLite cannot read or write its file.
pub fn is_disk_error(error: &DbErr) -> bool {
    sqlite_code(error).is_some_and(is_of_the_disk)
}

/// Whether SQLite cannot write its file, or opened it read-only.
pub fn is_read_only(error: &DbErr) -> bool {
    sqlite_code(error) == Some(SQLITE_READONLY)
}

fn sqlite_code(error: &DbErr) -> Option<u32> {
    let sqlx::Error::Database(answer) = driver_error(error)? else {
        return None;
    };
    primary(answer.try_downcast_ref::<SqliteError>()?.code()?.as_ref())
}

/// The driver's error, if there is one.
fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(driver))
        | DbErr::Exec(RuntimeErr::SqlxError(driver))
        | DbErr::Query(RuntimeErr::SqlxError(driver)) => Some(driver),
        _ => None,
    }
}

/// The TLS problem between this process and the database; `None` for other errors.
pub fn tls_error(error: &DbErr) -> Option<String> {
    match driver_error(error)? {
        sqlx::Error::Tls(why) => Some(why.to_string()),
        sqlx::Error::Io(error) => error.get_ref()?.downcast_ref().map(explained),
        _ => None,
    }
}

/// Converts an error for the engine.
pub fn port_error(error: DbErr) -> PortError {
    match meaning(&error) {
        Meaning::Conflict | Meaning::Busy => PortError::busy(PORT, Chain(&error)),
        Meaning::Duplicate | Meaning::Failed => PortError::failed(PORT, error),
    }
}

/// An error for a row that violates the schema.
pub fn inconsistent(what: impl Into<String>) -> PortError {
    PortError::failed(PORT, what.into())
}

/// An error for a missing row that another row refers to.
pub fn missing(what: &str, id: Uuid) -> PortError {
    inconsistent(format!("{what} {id} is missing"))
}

#[cfg(test)]
mod tests {
    use super::{Meaning, mysql, postgres, sqlite};

    #[test]
    fn a_conflict_is_retried_and_a_lock_time_out_is_not() {
        for code in ["40001", "40P01"] {
            assert_eq!(postgres(code), Meaning::Conflict);
        }
        assert_eq!(mysql(1213), Meaning::Conflict);
        assert_eq!(
            (postgres("55P03"), mysql(1205)),
            (Meaning::Busy, Meaning::Busy)
        );
    }

    #[test]
    fn a_full_or_stopping_server_is_busy_and_a_constraint_violation_is_not() {
        for code in ["08006", "53300", "57P01", "57P03", "57014"] {
            assert_eq!(postgres(code), Meaning::Busy, "{code}");
        }
        for number in [1040, 1053, 1927] {
            assert_eq!(mysql(number), Meaning::Busy, "{number}");
        }
        // BUSY_SNAPSHOT, FULL, IOERR_FSYNC, READONLY, CANTOPEN.
        for code in ["517", "13", "1034", "8", "14"] {
            assert_eq!(sqlite(Some(code)), Meaning::Busy, "{code}");
        }
        // CONSTRAINT_UNIQUE, a table that is not there.
        for code in ["2067", "1"] {
            assert_eq!(sqlite(Some(code)), Meaning::Failed, "{code}");
        }
        // A check that does not hold, a column that is not there, a wrong password.
        let failed = [
            postgres("23514"),
            postgres("42703"),
            mysql(4025),
            mysql(1045),
        ];
        assert_eq!(failed, [Meaning::Failed; 4]);
    }
}
