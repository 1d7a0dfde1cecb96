//! Statements and transactions with a bound on how long they take. Transactions of several workers
//! and instances get into each other's way: the one that the database gives up is run again.

use std::time::Duration;

use futures::future::BoxFuture;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::time::{sleep, timeout};

use super::{
    Sql,
    errors::{LedgerError, Meaning, PORT, is_read_only, meaning, port_error},
};
use crate::{chain::Chain, engine::ports::PortError, jitter::Backoff};

/// How long a single statement may take once it has a connection. A little more than the servers'
/// own limit: this one is for a server that does not answer at all.
const STATEMENT: Duration = Duration::from_millis(5_500);
/// How long a transaction may take once it has a connection, with all its attempts.
const TRANSACTION: Duration = Duration::from_millis(9_500);
/// How often a transaction that the database gave up is run again.
const RETRIES: u32 = 3;
/// The pauses before the retries.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(40);

/// What a row with the same key means to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicate {
    /// Another worker wrote the same meanwhile: run again and find it there.
    Again,
    /// It is the answer.
    Answer,
}

/// What happens inside a transaction.
pub type Body<'t, T> = BoxFuture<'t, Result<T, LedgerError>>;

/// A statement of its own, within its bound.
pub trait Answer<T>: Future<Output = Result<T, DbErr>> + Send + Sized {
    /// Waits for the answer of `sql`, and says what an error means.
    fn answer(self, sql: &Sql) -> impl Future<Output = Result<T, PortError>> + Send {
        let limit = sql.wait + STATEMENT;
        async move {
            match timeout(limit, self).await {
                Ok(answered) => answered.map_err(|error| {
                    sql.look_at(&error);
                    port_error(error)
                }),
                Err(_) => Err(PortError::busy(PORT, "no answer to a statement in time")),
            }
        }
    }
}

impl<T, F: Future<Output = Result<T, DbErr>> + Send> Answer<T> for F {}

impl Sql {
    /// Runs `body` in a transaction that writes, and commits it. When the database gave up the
    /// transaction in favour of another one, runs all of it again, three times at most.
    ///
    /// On SQLite the transaction takes the write lock at once: one that began by reading could not
    /// upgrade without an error. Elsewhere it is READ COMMITTED (see `servers`): every statement sees
    /// what has been committed before it, so a row that was locked is read as it is now.
    ///
    /// What `body` needs is handed in beside it as `with`: a future that borrows from both lives as
    /// long as the shorter, which a closure that captures could not say.
    pub(super) async fn transact<T, W>(
        &self,
        duplicate: Duplicate,
        with: W,
        body: impl for<'t> Fn(&'t DatabaseTransaction, &'t W) -> Body<'t, T>,
    ) -> Result<T, LedgerError> {
        let attempts = async {
            let mut retries = 0;
            let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
            loop {
                let error = match self.attempt(&with, &body).await {
                    Err(LedgerError::Database(error)) => error,
                    done => return done,
                };
                self.look_at(&error);
                let again = match meaning(&error) {
                    Meaning::Conflict => true,
                    Meaning::Duplicate => duplicate == Duplicate::Again,
                    Meaning::Busy | Meaning::Failed => false,
                };
                if !again || retries == RETRIES {
                    return Err(error.into());
                }
                retries += 1;
                tracing::debug!(error = %Chain(&error), retries, "the database gave up a transaction in favour of another; it is run again");
                sleep(backoff.next_pause()).await;
            }
        };
        match timeout(self.wait + TRANSACTION, attempts).await {
            Ok(ended) => ended,
            Err(_) => Err(PortError::busy(PORT, "a transaction did not end in time").into()),
        }
    }

    /// Waits until no write is under way in an embedded ledger. A commit that nobody waits for any more
    /// may be: beside it a reader still sees what was there before.
    ///
    /// This queues for the one connection that writes, and takes SQLite's own write lock, which a
    /// connection that was given up may still hold.
    pub(super) async fn wait_for_writes(&self) -> Result<(), PortError> {
        match self.write.get_database_backend() {
            DbBackend::Sqlite => {
                let nothing =
                    self.transact(Duplicate::Answer, (), |_, ()| Box::pin(async { Ok(()) }));
                Ok(nothing.await?)
            }
            _ => Ok(()),
        }
    }

    fn look_at(&self, error: &DbErr) {
        if is_read_only(error) {
            self.writes.found_read_only();
        }
    }

    async fn attempt<T, W>(
        &self,
        with: &W,
        body: impl for<'t> Fn(&'t DatabaseTransaction, &'t W) -> Body<'t, T>,
    ) -> Result<T, LedgerError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let transaction = self.write.begin_with_options(options).await?;
        match body(&transaction, with).await {
            Ok(value) => {
                transaction.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // Its locks must be gone before it is run again. A connection that cannot roll back
                // is broken, and with it goes the transaction.
                if let Err(rollback) = transaction.rollback().await {
                    tracing::debug!(error = %Chain(&rollback), "cannot roll back a transaction; its connection is closed");
                }
                Err(error)
            }
        }
    }

    /// A transaction that only reads, and sees one state of the ledger however long that takes.
    pub(super) async fn begin_consistent_read(&self) -> Result<DatabaseTransaction, DbErr> {
        // On SQLite a transaction that only reads is all this without being told.
        let server = self.read.get_database_backend() != DbBackend::Sqlite;
        let isolation = server.then_some(IsolationLevel::RepeatableRead);
        let access = server.then_some(AccessMode::ReadOnly);
        self.read.begin_with_config(isolation, access).await
    }

    /// Runs `body` in a transaction of the primary that only reads and sees one state of the ledger
    /// throughout, for at most `limit` once it has a connection.
    pub(super) async fn read_consistently<T, W>(
        &self,
        limit: Duration,
        with: W,
        body: impl for<'t> Fn(&'t DatabaseTransaction, &'t W) -> Body<'t, T>,
    ) -> Result<T, LedgerError> {
        let reading = async {
            let read = self.begin_consistent_read().await?;
            if read.get_database_backend() == DbBackend::Postgres {
                let sql = format!("SET LOCAL statement_timeout = {}", limit.as_millis());
                read.execute_unprepared(&sql).await?;
            }
            let value = body(&read, &with).await?;
            read.commit().await?;
            Ok(value)
        };
        match timeout(self.wait + limit, reading).await {
            Ok(ended) => ended,
            Err(_) => Err(PortError::busy(PORT, "a consistent read did not end in time").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::sql::{COMMAND_WAIT, LedgerOptions, connect::FOR_A_TEST};

    /// As SQLite does by itself when a COMMIT fails on a full disk.
    async fn fail_a_commit(sql: &Sql) {
        let failed = sql.transact(Duplicate::Answer, (), |transaction, ()| {
            Box::pin(async { Ok(transaction.execute_unprepared("ROLLBACK").await.map(drop)?) })
        });
        assert!(failed.await.is_err());
    }

    #[tokio::test]
    async fn a_command_waits_longer_for_a_connection_than_a_request() {
        let folder = tempfile::tempdir().unwrap();
        let request = Sql::open(folder.path(), &FOR_A_TEST).await.unwrap();
        let options = LedgerOptions {
            wait: COMMAND_WAIT,
            ..FOR_A_TEST
        };
        let command = Sql::open(folder.path(), &options).await.unwrap();
        // The only connections that write. Nothing is locked in the file.
        let of_request = request.write.begin().await.unwrap();
        let of_command = command.write.begin().await.unwrap();
        let given_up = async {
            let refused = request.wait_for_writes().await;
            assert!(
                matches!(refused, Err(PortError::Busy { .. })),
                "{refused:?}"
            );
            of_command.rollback().await.unwrap();
        };
        // The command began to wait before the request did, and waits after it has given up.
        let (waited, ()) = tokio::join!(command.wait_for_writes(), given_up);
        waited.unwrap();
        of_request.rollback().await.unwrap();
    }

    #[tokio::test]
    async fn a_connection_whose_commit_failed_is_not_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let sql = Sql::open(folder.path(), &FOR_A_TEST).await.unwrap();
        let private = "CREATE TEMP TABLE of_this_connection (id INTEGER)";
        sql.write.execute_unprepared(private).await.unwrap();

        fail_a_commit(&sql).await;

        let asked = "SELECT * FROM of_this_connection";
        let asked = sql.write.execute_unprepared(asked).await;
        assert!(asked.is_err(), "the same connection is used again");
    }

    #[tokio::test]
    async fn a_transaction_after_failed_commits_is_seen_by_readers() {
        let folder = tempfile::tempdir().unwrap();
        let sql = Sql::open(folder.path(), &FOR_A_TEST).await.unwrap();
        for _ in 0..3 {
            fail_a_commit(&sql).await;
        }
        let written = sql.transact(Duplicate::Answer, (), |transaction, ()| {
            Box::pin(async {
                let table = "CREATE TABLE written (id INTEGER)";
                Ok(transaction.execute_unprepared(table).await.map(drop)?)
            })
        });
        written.await.unwrap();
        let read = sql.read.execute_unprepared("SELECT * FROM written").await;
        assert!(read.is_ok(), "answered yes, and not committed: {read:?}");
    }
}
