//! Accounts, catalogue, reservations, orders.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, integer_null, string_len, string_len_null,
        uuid,
    },
};

use super::tables::{Index, create_indexes, create_tables, drop_tables, table};

/// The first schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_shop"
    }
}

/// Long enough for every short text that the shop writes.
const WORD: u32 = 16;
/// SHA-256 in hexadecimal.
const HASH: u32 = 64;
/// Two ids and a colon.
const LIVE_KEY: u32 = 73;
const NAME: u32 = 200;
const SENTENCES: u32 = 2000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            accounts(),
            login_tokens(),
            notices(),
            products(),
            rounds(),
            items(),
            reservations(),
            orders(),
        ];
        create_tables(manager, tables).await?;
        create_indexes(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "orders",
            "reservations",
            "items",
            "rounds",
            "products",
            "notices",
            "login_tokens",
            "accounts",
        ];
        drop_tables(manager, &tables).await
    }
}

fn id(name: &'static str) -> ColumnDef {
    uuid(Alias::new(name))
}

fn text(name: &'static str, length: u32) -> ColumnDef {
    string_len(Alias::new(name), length)
}

fn optional_text(name: &'static str, length: u32) -> ColumnDef {
    string_len_null(Alias::new(name), length)
}

fn number(name: &'static str) -> ColumnDef {
    big_integer(Alias::new(name))
}

fn optional_number(name: &'static str) -> ColumnDef {
    big_integer_null(Alias::new(name))
}

fn accounts() -> TableCreateStatement {
    table("accounts", id("id"))
        .col(text("mobile", WORD))
        .col(text("nickname", NAME))
        .col(text("role", WORD))
        .col(boolean(Alias::new("banned")))
        .col(text("password_hash", NAME))
        .col(number("created_at_ms"))
        .to_owned()
}

fn login_tokens() -> TableCreateStatement {
    table("login_tokens", text("token_hash", HASH))
        .col(id("account_id"))
        .col(number("expires_at_ms"))
        .col(number("dies_at_ms"))
        .to_owned()
}

fn notices() -> TableCreateStatement {
    table("notices", id("id"))
        .col(id("account_id"))
        .col(number("created_at_ms"))
        .col(optional_number("sent_at_ms"))
        .to_owned()
}

fn products() -> TableCreateStatement {
    table("products", id("id"))
        .col(text("title_zh", NAME))
        .col(text("title_en", NAME))
        .col(text("description_zh", SENTENCES))
        .col(text("description_en", SENTENCES))
        .col(text("picture_url", NAME))
        .col(number("list_price"))
        .check(Expr::cust("list_price >= 0"))
        .to_owned()
}

fn rounds() -> TableCreateStatement {
    table("rounds", id("id"))
        .col(text("title_zh", NAME))
        .col(text("title_en", NAME))
        .col(number("starts_at_ms"))
        .col(number("ends_at_ms"))
        .col(text("status", WORD))
        .col(optional_text("stopped_zh", NAME))
        .col(optional_text("stopped_en", NAME))
        .col(integer_null(Alias::new("pay_window_s")))
        .check(Expr::cust("starts_at_ms < ends_at_ms"))
        .check(Expr::cust("pay_window_s > 0"))
        .to_owned()
}

/// The checks are the last guard: whatever a program does, no item can be oversold here.
fn items() -> TableCreateStatement {
    table("items", id("id"))
        .col(id("round_id"))
        .col(id("product_id"))
        .col(integer(Alias::new("sequence")))
        .col(number("sale_price"))
        .col(integer(Alias::new("limit_per_buyer")))
        .col(number("total"))
        .col(number("sellable"))
        .col(number("locked"))
        .col(number("sold"))
        .check(Expr::cust("sale_price >= 0"))
        .check(Expr::cust("sellable >= 0 AND locked >= 0 AND sold >= 0"))
        .check(Expr::cust("total = sellable + locked + sold"))
        .to_owned()
}

fn reservations() -> TableCreateStatement {
    table("reservations", id("id"))
        .col(id("item_id"))
        .col(id("buyer_id"))
        .col(text("path", HASH))
        .col(number("position"))
        .col(number("held_at_ms"))
        .col(text("state", WORD))
        .col(optional_text("reason", WORD))
        .col(optional_number("release_due_at_ms"))
        .to_owned()
}

fn orders() -> TableCreateStatement {
    table("orders", id("id"))
        .col(id("reservation_id"))
        .col(id("item_id"))
        .col(id("buyer_id"))
        .col(text("path", HASH))
        .col(number("amount"))
        .col(text("state", WORD))
        .col(optional_text("close_reason", WORD))
        .col(number("created_at_ms"))
        .col(number("pay_deadline_ms"))
        .col(optional_number("paid_at_ms"))
        .col(optional_number("closed_at_ms"))
        .col(optional_text("live_key", LIVE_KEY))
        .to_owned()
}

const INDEXES: [Index; 13] = [
    ("accounts", &["mobile"], true),
    ("login_tokens", &["dies_at_ms"], false),
    ("notices", &["sent_at_ms", "created_at_ms"], false),
    ("rounds", &["ends_at_ms"], false),
    ("items", &["round_id", "sequence"], false),
    ("reservations", &["state", "held_at_ms", "position"], false),
    (
        "reservations",
        &["item_id", "buyer_id", "held_at_ms"],
        false,
    ),
    ("reservations", &["release_due_at_ms"], false),
    ("orders", &["reservation_id"], true),
    ("orders", &["live_key"], true),
    ("orders", &["buyer_id", "created_at_ms"], false),
    ("orders", &["state", "pay_deadline_ms"], false),
    ("orders", &["item_id"], false),
];
