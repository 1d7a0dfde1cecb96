//! Webhooks: endpoints of other programs, and their messages.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, integer, integer_null, string_len, string_len_null, uuid,
    },
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The schema with webhooks.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0014_webhooks"
    }
}

/// Enough for the name of an event.
const WORD: u32 = 32;
/// Longest address, in characters.
const URL: u32 = 2_000;
/// Enough for the names of all events.
const EVENTS: u32 = 500;
/// Enough for a secret of 64 bytes as base64.
const SECRET: u32 = 100;
/// The reason of a failure.
const WHY: u32 = 200;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [endpoints(), deliveries()]).await?;
        create_indexes(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["webhook_deliveries", "webhook_endpoints"]).await
    }
}

fn endpoints() -> TableCreateStatement {
    table("webhook_endpoints", uuid(Alias::new("id")))
        .col(string_len(Alias::new("url"), URL))
        .col(string_len(Alias::new("events"), EVENTS))
        .col(string_len(Alias::new("secret"), SECRET))
        .col(string_len_null(Alias::new("old_secret"), SECRET))
        .col(big_integer_null(Alias::new("old_secret_until_ms")))
        .col(big_integer(Alias::new("created_at_ms")))
        .col(big_integer_null(Alias::new("switched_off_at_ms")))
        .col(string_len_null(Alias::new("switched_off_because"), WHY))
        .col(big_integer(Alias::new("rests_until_ms")))
        .to_owned()
}

fn deliveries() -> TableCreateStatement {
    table("webhook_deliveries", uuid(Alias::new("id")))
        .col(uuid(Alias::new("endpoint_id")))
        .col(string_len(Alias::new("event"), WORD))
        .col(uuid(Alias::new("subject_id")))
        .col(big_integer(Alias::new("at_ms")))
        .col(big_integer(Alias::new("waits_since_ms")))
        .col(integer(Alias::new("tries")))
        .col(big_integer_null(Alias::new("next_at_ms")))
        .col(big_integer_null(Alias::new("delivered_at_ms")))
        .col(integer_null(Alias::new("last_status")))
        .col(string_len_null(Alias::new("last_error"), WHY))
        .to_owned()
}

const INDEXES: [Index; 4] = [
    // No event is sent twice.
    (
        "webhook_deliveries",
        &["endpoint_id", "event", "subject_id"],
        true,
    ),
    // To find messages that are due.
    ("webhook_deliveries", &["endpoint_id", "next_at_ms"], false),
    // To count waiting messages, and find the oldest.
    ("webhook_deliveries", &["next_at_ms"], false),
    // To find messages old enough to delete.
    ("webhook_deliveries", &["at_ms"], false),
];
