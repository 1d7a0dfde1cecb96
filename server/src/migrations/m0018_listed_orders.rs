//! Indexes to list the orders of one state or one item, latest first, without sorting all of them.

use sea_orm_migration::prelude::*;

use super::tables::{Index, create_indexes};

/// The schema with these indexes.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0018_listed_orders"
    }
}

const TABLE: &str = "orders";
/// The second of the new indexes serves every query of this one.
const BY_ITEM: [Index; 1] = [(TABLE, &["item_id"], false)];
const NEW: [Index; 2] = [
    (TABLE, &["state", "id"], false),
    (TABLE, &["item_id", "id"], false),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_indexes(manager, &NEW).await?;
        drop_index(manager, "ix_orders_item_id").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_indexes(manager, &BY_ITEM).await?;
        drop_index(manager, "ix_orders_item_id_id").await?;
        drop_index(manager, "ix_orders_state_id").await
    }
}

async fn drop_index(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    // An interrupted run may have dropped it.
    if !manager.has_index(TABLE, name).await? {
        return Ok(());
    }
    let mut index = sea_orm_migration::prelude::Index::drop();
    index.name(name).table(Alias::new(TABLE));
    manager.drop_index(index).await
}
