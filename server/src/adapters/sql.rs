//! The ledger on SQL, through sea-orm: SQLite in the embedded shop, PostgreSQL, MySQL or MariaDB in a
//! cluster. One struct implements the ledger's ports, one file per port. Only this module knows
//! tables.

mod account_writer;
mod accounts;
mod activity_log;
mod archive;
mod catalogue;
mod catalogue_overview;
mod catalogue_writer;
mod connect;
pub mod copy;
mod directory;
mod entity;
mod errors;
mod examine;
mod facts;
mod gate_ledger;
mod health;
mod held;
mod live;
mod messages;
mod money_moved;
mod notices;
mod orders;
mod parked;
mod payments;
mod products;
mod queue;
mod reports;
mod reservations;
mod sandbox;
mod schema;
mod second_factors;
mod servers;
mod shipping;
mod stripe;
mod switches;
mod tokens;
mod transactions;
mod webhooks;
mod words;

use std::{sync::Arc, time::Duration};

use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::engine::ports::PortError;

pub use archive::{ArchiveError, Contents, Unsettled};
pub use connect::{Access, COMMAND_WAIT, ConnectError, Durability, LedgerOptions, REQUEST_WAIT};
pub use examine::{Examined, numbers};
pub use sandbox::{SandboxCharge, SandboxNotice};
pub use schema::{Schema, own_version, sqlite_version};
pub use servers::with_authorities;

use errors::{LedgerError, inconsistent, missing};
use health::Writes;
use transactions::{Answer, Duplicate};

/// The ledger. Cheap to clone.
///
/// Writes and reads have their own pools. SQLite takes one writer at a time, so the writer's pool
/// holds one connection: writers queue there, fairly, instead of in SQLite's busy loop, and readers
/// never wait for a writer. On a server it stops many readers from starving the writers.
///
/// Which handle a read uses: `read` is the primary and sees every confirmed commit. Reads that
/// decide something, correct the gate, audit, or answer people about their own actions use it.
/// `pages` may be a replica that is some seconds behind, and is only for the pages that everybody
/// sees.
#[derive(Clone)]
pub struct Sql {
    write: DatabaseConnection,
    read: DatabaseConnection,
    pages: DatabaseConnection,
    has_replica: bool,
    writes: Arc<Writes>,
    /// How long a caller waits for a connection.
    wait: Duration,
    /// Seconds a buyer has to pay, in rounds without their own value.
    pay_window_s: u32,
}

impl Sql {
    /// Seconds a buyer of this round has to pay.
    fn pay_window_s(&self, round: &entity::round::Model) -> Result<u32, PortError> {
        match round.pay_window_s {
            Some(seconds) => counter(i64::from(seconds)),
            None => Ok(self.pay_window_s),
        }
    }

    /// The same ledger, but pages also read from the primary.
    #[must_use]
    pub fn without_replica(&self) -> Self {
        Self {
            pages: self.read.clone(),
            has_replica: false,
            ..self.clone()
        }
    }

    /// Deletes the rows with these ids in `column`. Returns how many there were.
    async fn delete<E: EntityTrait>(
        &self,
        column: E::Column,
        ids: Vec<Uuid>,
    ) -> Result<u32, PortError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let deleted = E::delete_many()
            .filter(column.is_in(ids))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(u32::try_from(deleted.rows_affected).unwrap_or(u32::MAX))
    }

    /// Whether the database answers. [`works`](Self::works) checks more.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.read.ping().answer(self).await
    }
}

/// A counter as the rules use it. The schema keeps counters between 0 and the item's total.
fn counter(value: i64) -> Result<u32, PortError> {
    u32::try_from(value).map_err(|_| inconsistent(format!("counter {value} out of bounds")))
}
