//! Stripe's ids of its payment sessions. The shop's own tables do not refer to them.

use sea_orm_migration::{
    prelude::*,
    schema::{string_len, uuid},
};

use super::tables::{create_tables, drop_tables, table};

/// The seventh schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_stripe"
    }
}

/// Longest id of Stripe's.
const NUMBER: u32 = 255;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [sessions()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["stripe_sessions"]).await
    }
}

fn sessions() -> TableCreateStatement {
    table("stripe_sessions", uuid(Alias::new("id")))
        .col(string_len(Alias::new("session_id"), NUMBER))
        .to_owned()
}
