//! Payments, the providers' notices, and the history of orders.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, integer, string_len, string_len_null, uuid, uuid_null,
    },
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The fourth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_payments"
    }
}

/// Enough for every word the shop writes.
const WORD: u32 = 16;
/// Enough for every provider's numbers.
const NUMBER: u32 = 64;
/// Enough for the addresses that providers send buyers to.
const ADDRESS: u32 = 2000;
/// ISO 4217.
const CURRENCY: u32 = 3;

const CONFIRM_DUE: &str = "confirm_due_at_ms";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, [payments(), payment_notices(), order_events()]).await?;
        if !manager.has_column("reservations", CONFIRM_DUE).await? {
            let mut alter = Table::alter();
            alter
                .table(Alias::new("reservations"))
                .add_column(big_integer_null(Alias::new(CONFIRM_DUE)));
            manager.alter_table(alter).await?;
        }
        create_indexes(manager, &INDEXES).await?;
        manager
            .get_connection()
            .execute_unprepared(EVENTS_OF_CLOSED_ORDERS)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["order_events", "payment_notices", "payments"]).await?;
        let mut index = sea_orm_migration::prelude::Index::drop();
        index
            .name(format!("ix_reservations_{CONFIRM_DUE}"))
            .table(Alias::new("reservations"));
        manager.drop_index(index).await?;
        let mut alter = Table::alter();
        alter
            .table(Alias::new("reservations"))
            .drop_column(Alias::new(CONFIRM_DUE));
        manager.alter_table(alter).await
    }
}

/// Orders closed before events were written. Each had at most one event, so its own id can serve.
const EVENTS_OF_CLOSED_ORDERS: &str = "INSERT INTO order_events (id, order_id, event, at_ms, actor) \
     SELECT o.id, o.id, \
            CASE o.close_reason WHEN 'cancelled' THEN 'cancelled' ELSE 'closed_unpaid' END, \
            o.closed_at_ms, \
            CASE o.close_reason WHEN 'cancelled' THEN 'buyer' ELSE 'close_unpaid' END \
     FROM orders o LEFT JOIN order_events e ON e.order_id = o.id \
     WHERE o.closed_at_ms IS NOT NULL AND e.id IS NULL";

fn word(name: &'static str) -> ColumnDef {
    string_len(Alias::new(name), WORD)
}

fn number(name: &'static str) -> ColumnDef {
    big_integer(Alias::new(name))
}

fn optional_number(name: &'static str) -> ColumnDef {
    big_integer_null(Alias::new(name))
}

fn payments() -> TableCreateStatement {
    table("payments", uuid(Alias::new("id")))
        .col(uuid(Alias::new("order_id")))
        .col(word("provider"))
        .col(string_len_null(Alias::new("provider_number"), NUMBER))
        .col(number("amount"))
        .col(string_len(Alias::new("currency"), CURRENCY))
        .col(optional_number("received_amount"))
        .col(string_len_null(Alias::new("received_currency"), CURRENCY))
        .col(word("state"))
        .col(string_len_null(Alias::new("refund_reason"), WORD))
        .col(uuid_null(Alias::new("settled_order_id")))
        .col(string_len_null(Alias::new("pay_url"), ADDRESS))
        .col(number("created_at_ms"))
        .col(number("expires_at_ms"))
        .col(number("checked_at_ms"))
        .col(optional_number("received_at_ms"))
        .col(optional_number("refund_try_at_ms"))
        .col(integer(Alias::new("refund_tries")))
        .col(optional_number("refunded_at_ms"))
        .check(Expr::cust("amount >= 0"))
        .to_owned()
}

fn payment_notices() -> TableCreateStatement {
    table("payment_notices", uuid(Alias::new("id")))
        .col(word("provider"))
        .col(string_len(Alias::new("event_id"), NUMBER))
        .col(string_len(Alias::new("merchant_number"), NUMBER))
        .col(word("fact"))
        .col(string_len_null(Alias::new("provider_number"), NUMBER))
        .col(optional_number("amount"))
        .col(string_len_null(Alias::new("currency"), CURRENCY))
        .col(number("received_at_ms"))
        .col(optional_number("applied_at_ms"))
        .col(string_len_null(Alias::new("outcome"), WORD))
        .to_owned()
}

fn order_events() -> TableCreateStatement {
    table("order_events", uuid(Alias::new("id")))
        .col(uuid(Alias::new("order_id")))
        .col(word("event"))
        .col(number("at_ms"))
        .col(string_len(Alias::new("actor"), NUMBER))
        .to_owned()
}

const INDEXES: [Index; 9] = [
    ("payments", &["order_id", "state"], false),
    ("payments", &["state", "checked_at_ms"], false),
    ("payments", &["state", "refund_try_at_ms"], false),
    // The same money reported twice is one payment, and no two orders share one.
    ("payments", &["provider", "provider_number"], true),
    ("payments", &["settled_order_id"], true),
    ("payment_notices", &["provider", "event_id"], true),
    (
        "payment_notices",
        &["applied_at_ms", "received_at_ms"],
        false,
    ),
    ("order_events", &["order_id", "at_ms"], false),
    ("reservations", &[CONFIRM_DUE], false),
];
