//! What an error of a database means to the engine: ask again, or it cannot be done. The only place
//! that knows error codes.

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

/// Why a transaction's body was not finished.
#[derive(Debug)]
pub enum LedgerError {
    /// What the database said.
    Database(DbErr),
    /// What the adapter found.
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

/// What to make of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The database gave up this transaction in favour of another: run it again at once.
    Conflict,
    /// Somebody wrote a row with the same key.
    Duplicate,
    /// Nothing is known, or it passes: ask again later.
    Busy,
    /// The database answered that it cannot.
    Failed,
}

/// What to make of `error`.
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
        // The way to the server broke. Whether a statement was carried out is not known.
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

/// <https://mariadb.com/kb/en/mariadb-error-codes/>, and the same of MySQL.
fn mysql(number: u16) -> Meaning {
    match number {
        // Deadlock; a row changed since this transaction read it.
        1213 | 1020 => Meaning::Conflict,
        // A lock that did not come in time: this has waited long enough already.
        1205 => Meaning::Busy,
        // Too many connections (of the server, of the user); out of disk, memory, threads.
        1040 | 1203 | 1226 | 1021 | 1037 | 1038 | 1041 | 1135 => Meaning::Busy,
        // The server shuts down; the connection or the query was killed, or broke, or ran or idled
        // for too long.
        1053 | 1152 | 1158..=1161 | 1184 | 1317 | 1927 | 1969 | 3024 | 3169 | 4031 => Meaning::Busy,
        // Read only: a take-over is under way.
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

/// NOMEM, READONLY, IOERR, FULL, CANTOPEN: the machine or its disk, not what was asked.
fn is_of_the_disk(code: u32) -> bool {
    matches!(code, 7 | SQLITE_READONLY | 10 | 13 | 14)
}

/// Whether SQLite says that its file cannot be read or written.
pub fn is_disk_error(error: &DbErr) -> bool {
    sqlite_code(error).is_some_and(is_of_the_disk)
}

/// Whether SQLite says that its file cannot be written, or was opened for reading only.
pub fn is_read_only(error: &DbErr) -> bool {
    sqlite_code(error) == Some(SQLITE_READONLY)
}

fn sqlite_code(error: &DbErr) -> Option<u32> {
    let sqlx::Error::Database(answer) = driver_error(error)? else {
        return None;
    };
    primary(answer.try_downcast_ref::<SqliteError>()?.code()?.as_ref())
}

/// What the driver said, where it is the driver's error.
fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(driver))
        | DbErr::Exec(RuntimeErr::SqlxError(driver))
        | DbErr::Query(RuntimeErr::SqlxError(driver)) => Some(driver),
        _ => None,
    }
}

/// What is wrong with TLS between this process and the database; `None`: it is something else.
pub fn tls_error(error: &DbErr) -> Option<String> {
    match driver_error(error)? {
        sqlx::Error::Tls(why) => Some(why.to_string()),
        sqlx::Error::Io(error) => error.get_ref()?.downcast_ref().map(explained),
        _ => None,
    }
}

/// An error as the engine sees it.
pub fn port_error(error: DbErr) -> PortError {
    match meaning(&error) {
        Meaning::Conflict | Meaning::Busy => PortError::busy(PORT, Chain(&error)),
        Meaning::Duplicate | Meaning::Failed => PortError::failed(PORT, error),
    }
}

/// A row that the schema says cannot be.
pub fn inconsistent(what: impl Into<String>) -> PortError {
    PortError::failed(PORT, what.into())
}

/// A row that another row names.
pub fn missing(what: &str, id: Uuid) -> PortError {
    inconsistent(format!("{what} {id} is missing"))
}

#[cfg(test)]
mod tests {
    use super::{Meaning, mysql, postgres, sqlite};

    #[test]
    fn a_conflict_is_tried_again_and_a_lock_that_did_not_come_is_not() {
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
    fn a_server_that_is_full_or_goes_away_is_busy_and_a_broken_rule_is_not() {
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
