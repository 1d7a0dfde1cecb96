//! The tables of the payment provider that is built in. No table of the shop names them.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

/// The fifth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_sandbox"
    }
}

const TABLES: [&str; 3] = ["sandbox_charges", "sandbox_payments", "sandbox_notices"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut table in [charges(), payments(), notices()] {
            if manager.get_database_backend() == DbBackend::MySql {
                table
                    .engine("InnoDB")
                    .character_set("utf8mb4")
                    .collate("utf8mb4_bin");
            }
            manager.create_table(table).await?;
        }
        for (table, column) in [
            ("sandbox_charges", "pays_at_ms"),
            ("sandbox_payments", "charge_id"),
            ("sandbox_notices", "due_at_ms"),
        ] {
            let name = format!("ix_{table}_{column}");
            if !manager.has_index(table, &name).await? {
                let mut index = Index::create();
                index
                    .name(name)
                    .table(Alias::new(table))
                    .col(Alias::new(column));
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager
                .drop_table(Table::drop().table(Alias::new(table)).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn table(name: &'static str, mut key: ColumnDef) -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table(Alias::new(name))
        .if_not_exists()
        .col(key.primary_key());
    table
}

fn charges() -> TableCreateStatement {
    table("sandbox_charges", uuid(Alias::new("id")))
        .col(big_integer(Alias::new("amount")))
        .col(string_len(Alias::new("currency"), 3))
        .col(string_len(Alias::new("return_path"), 200))
        .col(big_integer(Alias::new("expires_at_ms")))
        .col(boolean(Alias::new("closed")))
        .col(big_integer_null(Alias::new("pays_at_ms")))
        .to_owned()
}

fn payments() -> TableCreateStatement {
    table("sandbox_payments", string_len(Alias::new("number"), 32))
        .col(uuid(Alias::new("charge_id")))
        .col(big_integer(Alias::new("amount")))
        .col(string_len(Alias::new("currency"), 3))
        .col(big_integer(Alias::new("paid_at_ms")))
        .col(big_integer_null(Alias::new("refunded_at_ms")))
        .to_owned()
}

fn notices() -> TableCreateStatement {
    table("sandbox_notices", uuid(Alias::new("id")))
        .col(string_len(Alias::new("body"), 1000))
        .col(string_len(Alias::new("signature"), 80))
        .col(big_integer_null(Alias::new("due_at_ms")))
        .col(integer(Alias::new("tries")))
        .to_owned()
}
