//! Orders' addresses, apart from the accounts, and their shipments.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string_len, uuid},
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The eleventh schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_shipping"
    }
}

/// Enough for a name or a carrier of 32 characters.
const NAME: u32 = 32;
/// Enough for a mobile number.
const MOBILE: u32 = 16;
/// Enough for an address of 200 characters.
const ADDRESS: u32 = 200;
/// Enough for a carrier's number.
const NUMBER: u32 = 40;

const TABLES: [&str; 2] = ["order_addresses", "shipments"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [order_addresses(), shipments()]).await?;
        create_indexes(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &TABLES).await
    }
}

/// The key is the order's id.
fn order_addresses() -> TableCreateStatement {
    table("order_addresses", uuid(Alias::new("id")))
        .col(string_len(Alias::new("name"), NAME))
        .col(string_len(Alias::new("mobile"), MOBILE))
        .col(string_len(Alias::new("address"), ADDRESS))
        .col(big_integer(Alias::new("saved_at_ms")))
        .to_owned()
}

/// The key is the order's id.
fn shipments() -> TableCreateStatement {
    table("shipments", uuid(Alias::new("id")))
        .col(string_len(Alias::new("carrier"), NAME))
        .col(string_len(Alias::new("number"), NUMBER))
        .to_owned()
}

const INDEXES: [Index; 1] = [
    // To find addresses old enough to erase.
    ("order_addresses", &["saved_at_ms"], false),
];
