//! Marks a reservation that was parked and put back into the queue: it is ordered whatever its age.

use sea_orm_migration::{prelude::*, schema::boolean};

/// The sixth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_replayed"
    }
}

const TABLE: &str = "reservations";
const COLUMN: &str = "replayed";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // An interrupted run may have added it.
        if manager.has_column(TABLE, COLUMN).await? {
            return Ok(());
        }
        let mut column = boolean(Alias::new(COLUMN)).default(false).to_owned();
        let mut alter = Table::alter();
        alter.table(Alias::new(TABLE)).add_column(&mut column);
        manager.alter_table(alter).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        alter
            .table(Alias::new(TABLE))
            .drop_column(Alias::new(COLUMN));
        manager.alter_table(alter).await
    }
}
