//! Creates tables and indexes the same way on every database. MySQL and MariaDB commit each
//! statement of a migration separately, so what an interrupted run created is kept.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// Table, columns, and whether their values must be unique. Nulls never conflict.
pub type Index = (&'static str, &'static [&'static str], bool);

/// A table with its key.
pub fn table(name: &'static str, mut key: ColumnDef) -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table(Alias::new(name))
        .if_not_exists()
        .col(key.primary_key());
    table
}

pub async fn create_tables(
    manager: &SchemaManager<'_>,
    tables: impl IntoIterator<Item = TableCreateStatement>,
) -> Result<(), DbErr> {
    for mut table in tables {
        if manager.get_database_backend() == DbBackend::MySql {
            // Words are equal only if their bytes are, as on the other databases.
            table
                .engine("InnoDB")
                .character_set("utf8mb4")
                .collate("utf8mb4_bin");
        }
        manager.create_table(table).await?;
    }
    Ok(())
}

/// Creates indexes, each named by its table and columns.
pub async fn create_indexes(manager: &SchemaManager<'_>, indexes: &[Index]) -> Result<(), DbErr> {
    for (table, columns, unique) in indexes {
        let name = format!("ix_{table}_{}", columns.join("_"));
        if manager.has_index(table, &name).await? {
            continue;
        }
        let mut index = sea_orm_migration::prelude::Index::create();
        index.name(&name).table(Alias::new(*table));
        for column in *columns {
            index.col(Alias::new(*column));
        }
        if *unique {
            index.unique();
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

pub async fn drop_tables(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(Alias::new(*table)).to_owned())
            .await?;
    }
    Ok(())
}
