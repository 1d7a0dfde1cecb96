//! Messages to buyers.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, string_len, uuid},
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The twelfth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0012_messages"
    }
}

/// Enough for every kind.
const WORD: u32 = 32;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [messages()]).await?;
        create_indexes(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["messages"]).await
    }
}

fn messages() -> TableCreateStatement {
    table("messages", uuid(Alias::new("id")))
        .col(uuid(Alias::new("account_id")))
        .col(uuid(Alias::new("order_id")))
        .col(string_len(Alias::new("kind"), WORD))
        .col(big_integer(Alias::new("at_ms")))
        .col(big_integer_null(Alias::new("read_at_ms")))
        .to_owned()
}

const INDEXES: [Index; 3] = [
    ("messages", &["account_id", "id"], false),
    // Whether the buyer was told of an order's deadline.
    ("messages", &["order_id", "kind"], false),
    // To find messages old enough to delete.
    ("messages", &["at_ms"], false),
];
