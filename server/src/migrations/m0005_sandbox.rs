//! The built-in payment provider's tables. The shop's own tables do not refer to them.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, integer, string_len, uuid},
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The fifth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_sandbox"
    }
}

const INDEXES: [Index; 3] = [
    ("sandbox_charges", &["pays_at_ms"], false),
    ("sandbox_payments", &["charge_id"], false),
    ("sandbox_notices", &["due_at_ms"], false),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [charges(), payments(), notices()]).await?;
        create_indexes(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["sandbox_charges", "sandbox_payments", "sandbox_notices"];
        drop_tables(manager, &tables).await
    }
}

fn charges() -> TableCreateStatement {
    table("sandbox_charges", uuid(Alias::new("id")))
        .col(big_integer(Alias::new("amount")))
        .col(string_len(Alias::new("currency"), 3))
        .col(string_len(Alias::new("return_path"), 200))
        .col(big_integer(Alias::new("expires_at_ms")))
        .col(boolean(Alias::new("closed")))
        .col(big_integer_null(Alias::new("pays_at_ms")))
        .to_owned()
}

fn payments() -> TableCreateStatement {
    table("sandbox_payments", string_len(Alias::new("number"), 32))
        .col(uuid(Alias::new("charge_id")))
        .col(big_integer(Alias::new("amount")))
        .col(string_len(Alias::new("currency"), 3))
        .col(big_integer(Alias::new("paid_at_ms")))
        .col(big_integer_null(Alias::new("refunded_at_ms")))
        .to_owned()
}

fn notices() -> TableCreateStatement {
    table("sandbox_notices", uuid(Alias::new("id")))
        .col(string_len(Alias::new("body"), 1000))
        .col(string_len(Alias::new("signature"), 80))
        .col(big_integer_null(Alias::new("due_at_ms")))
        .col(integer(Alias::new("tries")))
        .to_owned()
}
