//! Statements and transactions with time limits. Transactions of several workers and instances
//! conflict: one that the database aborts is run again.

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

/// Time limit of a single statement once it has a connection. A little longer than the servers' own
/// limit: it is for a server that does not answer at all.
const STATEMENT: Duration = Duration::from_millis(5_500);
/// Time limit of a transaction with all its attempts, once it has a connection.
const TRANSACTION: Duration = Duration::from_millis(9_500);
/// How often an aborted transaction is run again.
const RETRIES: u32 = 3;
/// The pauses before the retries.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(40);

/// The meaning of a duplicate key in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicate {
    /// Another worker wrote the same row: run again and find it.
    Again,
    /// It is the answer.
    Answer,
}

/// The steps inside a transaction.
pub type Body<'t, T> = BoxFuture<'t, Result<T, LedgerError>>;

/// A single statement with a time limit.
pub trait Answer<T>: Future<Output = Result<T, DbErr>> + Send + Sized {
    /// Waits for the answer of `sql`, and converts its error.
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
    /// Runs `body` in a writing transaction, and commits it. If the database aborts it in favour of
    /// another one, runs all of it again, at most three times.
    ///
    /// On SQLite the transaction takes the write lock at once: one that starts with a read could not
    /// upgrade without an error. Elsewhere it is READ COMMITTED (see `servers`): every statement sees
    /// what was committed before it, so a row that was locked is read in its current state.
    ///
    /// The data that `body` needs is passed separately as `with`: a future that borrows from both
    /// lives as long as the shorter, which a capturing closure could not express.
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

    /// Waits until no write is under way in an embedded ledger. A commit whose caller has left may be
    /// under way: until it ends readers see the old state.
    ///
    /// This queues for the only writing connection, and takes SQLite's own write lock, which an
    /// abandoned connection may still hold.
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
                // Its locks must be released before it is run again. A connection that cannot roll
                // back is broken, and dropping it ends the transaction.
                if let Err(rollback) = transaction.rollback().await {
                    tracing::debug!(error = %Chain(&rollback), "cannot roll back a transaction; its connection is closed");
                }
                Err(error)
            }
        }
    }

    /// Begins a read-only transaction that sees one state of the ledger throughout.
    pub(super) async fn begin_consistent_read(&self) -> Result<DatabaseTransaction, DbErr> {
        // On SQLite a read-only transaction is like this by default.
        let server = self.read.get_database_backend() != DbBackend::Sqlite;
        let isolation = server.then_some(IsolationLevel::RepeatableRead);
        let access = server.then_some(AccessMode::ReadOnly);
        self.read.begin_with_config(isolation, access).await
    }

    /// Runs `body` in a read-only transaction of the primary that sees one state of the ledger
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

    /// Like SQLite when a COMMIT fails on a full disk.
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
        // The only writing connections. Nothing is locked in the file.
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
        // The command started to wait before the request did, and still waits after that gave up.
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
