//! Switches that close a part of the shop for a while.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string_len, uuid_null},
};

use super::tables::{create_tables, drop_tables, table};

/// The schema with switches.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0013_switches"
    }
}

const TABLE: &str = "switches";
/// Enough for a code.
const WORD: u32 = 32;
/// Enough for a nickname.
const NAME: u32 = 100;
/// Enough for a reason of 200 characters.
const REASON: u32 = 200;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [switches()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &[TABLE]).await
    }
}

fn switches() -> TableCreateStatement {
    table(TABLE, string_len(Alias::new("switch"), WORD))
        .col(uuid_null(Alias::new("set_by")))
        .col(string_len(Alias::new("set_by_name"), NAME))
        .col(string_len(Alias::new("reason"), REASON))
        .col(big_integer(Alias::new("set_at_ms")))
        .col(big_integer(Alias::new("ends_at_ms")))
        .to_owned()
}
