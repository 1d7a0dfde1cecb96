//! Payments, the notices of providers, and what happened to orders. MySQL and MariaDB commit each
//! statement of a migration by itself: what an interrupted run has made is found and left as it is.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

/// The fourth schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
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
        for mut table in [payments(), payment_notices(), order_events()] {
            if manager.get_database_backend() == DbBackend::MySql {
                table
                    .engine("InnoDB")
                    .character_set("utf8mb4")
                    .collate("utf8mb4_bin");
            }
            manager.create_table(table).await?;
        }
        if !manager.has_column("reservations", CONFIRM_DUE).await? {
            let mut alter = Table::alter();
            alter
                .table(Alias::new("reservations"))
                .add_column(big_integer_null(Alias::new(CONFIRM_DUE)));
            manager.alter_table(alter).await?;
        }
        for (table, columns, unique) in INDEXES {
            let name = format!("ix_{table}_{}", columns.join("_"));
            if !manager.has_index(table, &name).await? {
                manager
                    .create_index(index(&name, table, columns, unique))
                    .await?;
            }
        }
        manager
            .get_connection()
            .execute_unprepared(EVENTS_OF_CLOSED_ORDERS)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["order_events", "payment_notices", "payments"] {
            manager
                .drop_table(Table::drop().table(Alias::new(table)).to_owned())
                .await?;
        }
        let mut index = Index::drop();
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

/// What closed before events were written. An order had at most one then, so that its own id serves.
const EVENTS_OF_CLOSED_ORDERS: &str = "INSERT INTO order_events (id, order_id, event, at_ms, actor) \
     SELECT o.id, o.id, \
            CASE o.close_reason WHEN 'cancelled' THEN 'cancelled' ELSE 'closed_unpaid' END, \
            o.closed_at_ms, \
            CASE o.close_reason WHEN 'cancelled' THEN 'buyer' ELSE 'close_unpaid' END \
     FROM orders o LEFT JOIN order_events e ON e.order_id = o.id \
     WHERE o.closed_at_ms IS NOT NULL AND e.id IS NULL";

fn table(name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    let mut id = uuid(Alias::new("id"));
    table
        .table(Alias::new(name))
        .if_not_exists()
        .col(id.primary_key());
    table
}

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
    table("payments")
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
    table("payment_notices")
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
    table("order_events")
        .col(uuid(Alias::new("order_id")))
        .col(word("event"))
        .col(number("at_ms"))
        .col(string_len(Alias::new("actor"), NUMBER))
        .to_owned()
}

/// Table, columns, and whether no two rows may agree in them. A null agrees with nothing.
const INDEXES: [(&str, &[&str], bool); 9] = [
    ("payments", &["order_id", "state"], false),
    ("payments", &["state", "checked_at_ms"], false),
    ("payments", &["state", "refund_try_at_ms"], false),
    // The same money twice is one payment, and no order is paid by two.
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

fn index(
    name: &str,
    table: &'static str,
    columns: &'static [&'static str],
    unique: bool,
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    if unique {
        index.unique();
    }
    index
}
