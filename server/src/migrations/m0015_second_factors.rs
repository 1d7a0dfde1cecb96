//! Second factors of accounts.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, string_len, uuid},
};

use super::tables::{create_tables, drop_tables, table};

/// The schema with second factors.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0015_second_factors"
    }
}

const TABLE: &str = "second_factors";
/// Enough for 32 bytes as hexadecimal digits.
const SECRET: u32 = 64;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [second_factors()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &[TABLE]).await
    }
}

fn second_factors() -> TableCreateStatement {
    table(TABLE, uuid(Alias::new("account_id")))
        .col(string_len(Alias::new("secret"), SECRET))
        .col(string_len(Alias::new("begun_by"), SECRET))
        .col(big_integer(Alias::new("begun_at_ms")))
        .col(big_integer_null(Alias::new("set_at_ms")))
        .col(big_integer(Alias::new("last_step")))
        .col(integer(Alias::new("used_codes")))
        .to_owned()
}
