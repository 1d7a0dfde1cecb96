//! Uploaded pictures, and archived products.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, string_len, uuid_null},
    sea_orm::DbBackend,
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The schema with pictures.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0017_pictures"
    }
}

const PRODUCTS: &str = "products";
/// The name that `create_indexes` gives it.
const BY_TIME: &str = "ix_products_added_at_ms_id";
/// SHA-256 in hexadecimal digits.
const HASH: u32 = 64;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [pictures(manager.get_database_backend())]).await?;
        for mut column in columns() {
            // An interrupted run may have added it.
            if manager
                .has_column(PRODUCTS, column.get_column_name())
                .await?
            {
                continue;
            }
            let mut alter = Table::alter();
            alter.table(Alias::new(PRODUCTS)).add_column(&mut column);
            manager.alter_table(alter).await?;
        }
        create_indexes(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = sea_orm_migration::prelude::Index::drop();
        index.name(BY_TIME).table(Alias::new(PRODUCTS));
        manager.drop_index(index).await?;
        for column in columns() {
            let mut alter = Table::alter();
            alter
                .table(Alias::new(PRODUCTS))
                .drop_column(Alias::new(column.get_column_name()));
            manager.alter_table(alter).await?;
        }
        drop_tables(manager, &["pictures"]).await
    }
}

fn pictures(backend: DbBackend) -> TableCreateStatement {
    table("pictures", string_len(Alias::new("hash"), HASH))
        .col(file(backend, "small"))
        .col(file(backend, "large"))
        .col(big_integer(Alias::new("added_at_ms")))
        .col(uuid_null(Alias::new("added_by")))
        .to_owned()
}

/// MySQL's type `blob` ends at 64 KiB.
fn file(backend: DbBackend, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    match backend {
        DbBackend::MySql => column.custom(Alias::new("mediumblob")),
        _ => column.blob(),
    };
    column.not_null().to_owned()
}

fn columns() -> [ColumnDef; 2] {
    let mut added = big_integer(Alias::new("added_at_ms"));
    added.default(0);
    [added, big_integer_null(Alias::new("archived_at_ms"))]
}

const INDEXES: [Index; 1] = [
    // The list of products, latest first.
    ("products", &["added_at_ms", "id"], false),
];
