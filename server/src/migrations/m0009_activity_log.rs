//! The activity log. Rows are only ever added: triggers refuse everything else.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, string_len, string_len_null, text_null, uuid, uuid_null},
    sea_orm::{DbBackend, RuntimeErr, sqlx},
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The ninth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_activity_log"
    }
}

/// Enough for every action.
const WORD: u32 = 32;
/// Long enough for a nickname and an address.
const NAME: u32 = 100;
/// Enough for a reason of 200 characters.
const REASON: u32 = 200;
/// SHA-256 in hexadecimal digits.
const HASH: u32 = 64;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [activity_log(), activity_log_end()]).await?;
        create_indexes(manager, &INDEXES).await?;
        let database = manager.get_connection();
        database.execute_unprepared(FIRST_END).await?;
        match manager.get_database_backend() {
            DbBackend::Sqlite => run(manager, &SQLITE).await,
            DbBackend::Postgres => run(manager, &POSTGRES).await,
            DbBackend::MySql => match run(manager, &MYSQL).await {
                Err(error) if is_forbidden(&error) => {
                    tracing::warn!(
                        "the database does not let the shop create triggers: it will not refuse manual changes of the activity log; the audit finds them"
                    );
                    Ok(())
                }
                made => made,
            },
            _ => Ok(()),
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["activity_log", "activity_log_end"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let function = "DROP FUNCTION IF EXISTS activity_log_is_append_only";
            manager
                .get_connection()
                .execute_unprepared(function)
                .await?;
        }
        Ok(())
    }
}

async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}

/// Whether a MySQL server with a binary log demands more rights for a trigger (1419), or the account may
/// not create one (1142). <https://dev.mysql.com/doc/refman/8.4/en/stored-programs-logging.html>
fn is_forbidden(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(driver)) | DbErr::Query(RuntimeErr::SqlxError(driver))) =
        error
    else {
        return false;
    };
    let sqlx::Error::Database(answer) = &**driver else {
        return false;
    };
    let answer = answer.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
    answer.is_some_and(|answer| matches!(answer.number(), 1142 | 1419))
}

/// The row with the log's end, unless an interrupted run created it.
const FIRST_END: &str = "INSERT INTO activity_log_end (id, number, hash) SELECT 1, 0, '' \
     FROM (SELECT COUNT(*) AS ends FROM activity_log_end) AS counted WHERE counted.ends = 0";

const SQLITE: [&str; 2] = [
    "CREATE TRIGGER IF NOT EXISTS activity_log_keeps_rows BEFORE DELETE ON activity_log \
     BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS activity_log_keeps_words BEFORE UPDATE ON activity_log \
     BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END",
];

const POSTGRES: [&str; 3] = [
    "CREATE OR REPLACE FUNCTION activity_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN RAISE EXCEPTION 'the activity log is append-only'; END $$",
    "DROP TRIGGER IF EXISTS activity_log_is_kept ON activity_log",
    "CREATE TRIGGER activity_log_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON activity_log \
     FOR EACH STATEMENT EXECUTE FUNCTION activity_log_is_append_only()",
];

const MYSQL: [&str; 4] = [
    "DROP TRIGGER IF EXISTS activity_log_keeps_rows",
    "CREATE TRIGGER activity_log_keeps_rows BEFORE DELETE ON activity_log FOR EACH ROW \
     SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the activity log is append-only'",
    "DROP TRIGGER IF EXISTS activity_log_keeps_words",
    "CREATE TRIGGER activity_log_keeps_words BEFORE UPDATE ON activity_log FOR EACH ROW \
     SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the activity log is append-only'",
];

fn activity_log() -> TableCreateStatement {
    table("activity_log", big_integer(Alias::new("number")))
        .col(big_integer(Alias::new("at_ms")))
        .col(uuid_null(Alias::new("account_id")))
        .col(string_len(Alias::new("name"), NAME))
        .col(string_len_null(Alias::new("address"), NAME))
        .col(string_len(Alias::new("action"), WORD))
        .col(uuid(Alias::new("subject_id")))
        .col(text_null(Alias::new("old_value")))
        .col(text_null(Alias::new("new_value")))
        .col(string_len_null(Alias::new("reason"), REASON))
        .col(string_len(Alias::new("hash"), HASH))
        .to_owned()
}

fn activity_log_end() -> TableCreateStatement {
    table("activity_log_end", integer(Alias::new("id")))
        .col(big_integer(Alias::new("number")))
        .col(string_len(Alias::new("hash"), HASH))
        .to_owned()
}

const INDEXES: [Index; 4] = [
    ("activity_log", &["account_id", "number"], false),
    ("activity_log", &["subject_id", "number"], false),
    // Buyers are also looked up by nickname.
    ("accounts", &["nickname"], false),
    // Money that matches no payment.
    ("payment_notices", &["outcome", "received_at_ms"], false),
];
