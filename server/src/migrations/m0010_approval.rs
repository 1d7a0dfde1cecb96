//! Who prepared a round, and why it was sent back.

use sea_orm_migration::{
    prelude::*,
    schema::{string_len_null, uuid_null},
};

/// The tenth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0010_approval"
    }
}

const TABLE: &str = "rounds";
/// Enough for a nickname.
const NAME: u32 = 100;
/// Enough for a reason of 200 characters.
const REASON: u32 = 200;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in columns() {
            // An interrupted run may have added it.
            if manager.has_column(TABLE, column.get_column_name()).await? {
                continue;
            }
            let mut alter = Table::alter();
            alter.table(Alias::new(TABLE)).add_column(&mut column);
            manager.alter_table(alter).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            let mut alter = Table::alter();
            alter
                .table(Alias::new(TABLE))
                .drop_column(Alias::new(column.get_column_name()));
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}

fn columns() -> [ColumnDef; 3] {
    [
        uuid_null(Alias::new("prepared_by")),
        string_len_null(Alias::new("prepared_by_name"), NAME),
        string_len_null(Alias::new("sent_back_because"), REASON),
    ]
}
