//! The ledger on SQL, through sea-orm. One struct implements the ports of the store; a file per
//! port. The only place that knows tables.

mod accounts;
mod catalogue;
mod connect;
mod demo;
mod entity;
mod facts;
mod notices;
mod orders;
mod queue;
mod reservations;
mod tokens;

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use crate::engine::ports::PortError;

pub use connect::{ConnectError, Durability};
pub use demo::{NewItem, NewRound};

/// The ledger. Cheap to clone.
///
/// Writes and reads have pools of their own: SQLite takes one writer at a time, so the writer's
/// pool holds one connection and everybody queues there, fairly, not in SQLite's busy loop; a
/// reader never waits for a writer.
#[derive(Clone)]
pub struct Sql {
    write: DatabaseConnection,
    read: DatabaseConnection,
    /// Seconds a buyer has to pay, in rounds that do not say otherwise.
    pay_window_s: u32,
}

impl Sql {
    /// A transaction that may write. On SQLite it takes the write lock at once: a transaction that
    /// began by reading could not upgrade without an error.
    async fn begin(&self) -> Result<DatabaseTransaction, PortError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        self.write
            .begin_with_options(options)
            .await
            .map_err(port_error)
    }

    /// Seconds a buyer of this round has to pay.
    fn pay_window_s(&self, round: &entity::round::Model) -> Result<u32, PortError> {
        match round.pay_window_s {
            Some(seconds) => counter(i64::from(seconds)),
            None => Ok(self.pay_window_s),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.read.ping().await.map_err(port_error)
    }
}

const PORT: &str = "ledger";

/// Locks and full pools pass; everything else does not.
fn port_error(error: DbErr) -> PortError {
    if is_busy(&error) {
        PortError::Busy {
            port: PORT,
            detail: error.to_string(),
        }
    } else {
        PortError::Failed {
            port: PORT,
            source: Box::new(error),
        }
    }
}

fn is_busy(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => error
            .as_database_error()
            .and_then(|error| error.code())
            // SQLITE_BUSY and its extended codes (https://sqlite.org/rescode.html#busy).
            .is_some_and(|code| matches!(code.as_ref(), "5" | "261" | "517" | "773")),
        _ => false,
    }
}

/// A row that the schema says cannot be.
fn inconsistent(what: impl Into<String>) -> PortError {
    PortError::Failed {
        port: PORT,
        source: what.into().into(),
    }
}

/// A row that another row names.
fn missing(what: &str, id: Uuid) -> PortError {
    inconsistent(format!("{what} {id} is missing"))
}

/// A counter as the rules see it. The schema keeps counters between 0 and the item's total.
fn counter(value: i64) -> Result<u32, PortError> {
    u32::try_from(value).map_err(|_| inconsistent(format!("counter {value} out of bounds")))
}
