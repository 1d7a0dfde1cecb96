//! An index to find a buyer's own reservations without reading everybody's.

use sea_orm_migration::prelude::*;

/// The third schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_buyer_reservations"
    }
}

const TABLE: &str = "reservations";
const INDEX: &str = "ix_reservations_buyer_id_held_at_ms";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // An interrupted run may have created it.
        if manager.has_index(TABLE, INDEX).await? {
            return Ok(());
        }
        let mut index = Index::create();
        index
            .name(INDEX)
            .table(Alias::new(TABLE))
            .col(Alias::new("buyer_id"))
            .col(Alias::new("held_at_ms"));
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::drop();
        index.name(INDEX).table(Alias::new(TABLE));
        manager.drop_index(index).await
    }
}
