//! Whether the ledger answers and accepts writes: with a full or broken disk, or a read-only database,
//! reads may still work for a long time.

use std::{
    sync::{
        Mutex as SyncMutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DbBackend};
use tokio::sync::Mutex;

use super::{Answer, Sql, errors::PORT};
use crate::{chain::Chain, engine::ports::PortError};

/// How long a result is reused: anyone may ask often, and a write waits for the disk.
const LIFE: Duration = Duration::from_secs(1);
/// Writes the first page of the file, in a field that is not used.
pub(super) const WRITE_A_FILE: &str = "PRAGMA user_version = 1";
/// Writes a row without changing it.
const WRITE_A_ROW: &str =
    "UPDATE seaql_migrations SET applied_at = applied_at WHERE version = 'm0001_shop'";

/// What is known about the ledger's writes.
#[derive(Default)]
pub(super) struct Writes {
    /// When reservations or orders were last committed. Other transactions may have written nothing.
    committed: SyncMutex<Option<Instant>>,
    /// When a write was last tested, and why it failed. Locked during a test: concurrent callers wait
    /// for its result.
    probed: Mutex<Option<(Instant, Option<String>)>>,
    /// The file's writing connection turned out to be read-only. It is closed before it is used
    /// again.
    read_only: AtomicBool,
}

impl Writes {
    /// Records that reservations or orders were committed just now.
    pub fn confirm(&self) {
        *self.last_commit() = Some(Instant::now());
    }

    fn last_commit(&self) -> MutexGuard<'_, Option<Instant>> {
        self.committed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the writing connection cannot write. SQLite silently opens a file read-only if it
    /// cannot open it for writing, and such a connection stays read-only when the disk works again.
    pub fn found_read_only(&self) {
        self.read_only.store(true, Ordering::Relaxed);
    }

    /// Whether the writing connection must be reopened; true only once.
    pub fn must_reopen(&self) -> bool {
        self.read_only.swap(false, Ordering::Relaxed)
    }
}

impl Sql {
    /// Whether the ledger answers and accepts writes.
    ///
    /// # Errors
    /// If it does not.
    pub async fn works(&self) -> Result<(), PortError> {
        self.ping().await?;
        let mut probed = self.writes.probed.lock().await;
        // During a sale, commits are proof enough, and a test would only queue behind them.
        let failed_at = match &*probed {
            Some((at, Some(_))) => Some(*at),
            _ => None,
        };
        let committed = *self.writes.last_commit();
        if committed.is_some_and(|at| at.elapsed() < LIFE && Some(at) > failed_at) {
            return Ok(());
        }
        if probed.as_ref().is_none_or(|(at, _)| at.elapsed() >= LIFE) {
            let probe = match self.write.get_database_backend() {
                DbBackend::Sqlite => WRITE_A_FILE,
                _ => WRITE_A_ROW,
            };
            // If the caller gives up first, this remains as the result.
            *probed = Some((Instant::now(), Some("no answer in time".to_owned())));
            let tried = self.write.execute_unprepared(probe).answer(self).await;
            let problem = tried.err().map(|error| match error {
                PortError::Busy { detail, .. } => detail,
                failed @ PortError::Failed { .. } => Chain(&failed).to_string(),
            });
            *probed = Some((Instant::now(), problem));
        }
        match &*probed {
            Some((_, Some(problem))) => {
                let detail = format!("nothing can be written: {problem}");
                Err(PortError::busy(PORT, detail))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::sql::{Duplicate, connect::FOR_A_TEST};

    async fn forget_the_probe(sql: &Sql) {
        *sql.writes.probed.lock().await = None;
    }

    #[tokio::test]
    async fn a_read_only_file_does_not_work() {
        let folder = tempfile::tempdir().unwrap();
        let sql = Sql::open(folder.path(), &FOR_A_TEST).await.unwrap();
        sql.works().await.unwrap();

        forget_the_probe(&sql).await;
        let refuse = "PRAGMA query_only = ON";
        sql.write.execute_unprepared(refuse).await.unwrap();
        let said = sql.works().await.unwrap_err().to_string();
        assert!(said.contains("nothing can be written"), "{said}");
        assert!(said.contains("readonly"), "{said}");

        // The connection that reported it is not used again.
        forget_the_probe(&sql).await;
        sql.works().await.unwrap();
    }

    #[tokio::test]
    async fn a_read_only_connection_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let sql = Sql::open(folder.path(), &FOR_A_TEST).await.unwrap();
        let refuse = "PRAGMA query_only = ON";
        sql.write.execute_unprepared(refuse).await.unwrap();
        let write = || {
            sql.transact(Duplicate::Answer, (), |transaction, ()| {
                Box::pin(async {
                    let write = "UPDATE items SET sequence = sequence";
                    Ok(transaction.execute_unprepared(write).await.map(drop)?)
                })
            })
        };
        assert!(write().await.is_err());
        write().await.unwrap();
    }
}
