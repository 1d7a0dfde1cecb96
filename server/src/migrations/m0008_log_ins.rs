//! A log-in's beginning, address, device and last use; an index to find an account's log-ins.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string_len},
};

use super::tables::{Index, create_indexes};

/// The eighth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_log_ins"
    }
}

const TABLE: &str = "login_tokens";
const INDEXES: [Index; 1] = [(TABLE, &["account_id"], false)];
/// The longest IPv6 address.
const ADDRESS: u32 = 45;
/// The program writes at most this many characters.
const DEVICE: u32 = 64;

/// Instances of an earlier version leave these empty.
fn columns() -> [(&'static str, ColumnDef); 4] {
    let number = |name| big_integer(Alias::new(name)).default(0).to_owned();
    let text = |name, length| string_len(Alias::new(name), length).default("").to_owned();
    [
        ("signed_in_at_ms", number("signed_in_at_ms")),
        ("used_at_ms", number("used_at_ms")),
        ("ip", text("ip", ADDRESS)),
        ("device", text("device", DEVICE)),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, mut column) in columns() {
            // An interrupted run may have added it.
            if manager.has_column(TABLE, name).await? {
                continue;
            }
            let mut alter = Table::alter();
            alter.table(Alias::new(TABLE)).add_column(&mut column);
            manager.alter_table(alter).await?;
        }
        create_indexes(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = sea_orm_migration::prelude::Index::drop();
        index
            .name("ix_login_tokens_account_id")
            .table(Alias::new(TABLE));
        manager.drop_index(index).await?;
        for (name, _) in columns() {
            let mut alter = Table::alter();
            alter.table(Alias::new(TABLE)).drop_column(Alias::new(name));
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
