//! Columns and a table for a gate outside this database, and for queue entries that cannot be
//! written. Additions of an interrupted run are kept.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, uuid_null},
};

/// The second schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_cluster"
    }
}

/// The added columns by table. SQLite adds only one in a statement.
fn columns() -> [(&'static str, &'static str, ColumnDef); 3] {
    let tries = integer(Alias::new("tries")).default(0).to_owned();
    let segments = integer(Alias::new("segments")).default(1).to_owned();
    let gate_epoch = uuid_null(Alias::new("gate_epoch"));
    [
        // How often the order writer failed to write it.
        ("reservations", "tries", tries),
        // The number of segments of the stock at the gate.
        ("items", "segments", segments),
        // The current load epoch at the gate; null before the first.
        ("items", "gate_epoch", gate_epoch),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, mut column) in columns() {
            if manager.has_column(table, name).await? {
                continue;
            }
            let mut alter = Table::alter();
            alter.table(Alias::new(table)).add_column(&mut column);
            manager.alter_table(alter).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in columns() {
            let mut alter = Table::alter();
            alter.table(Alias::new(table)).drop_column(Alias::new(name));
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
