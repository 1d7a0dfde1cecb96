//! Accounts, catalogue, reservations, orders.

use sea_orm_migration::{prelude::*, schema::*};

/// The first schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_shop"
    }
}

/// Enough for every text the shop writes into a short column.
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
        for table in [accounts(), login_tokens(), notices()] {
            manager.create_table(table).await?;
        }
        for table in [products(), rounds(), items(), reservations(), orders()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "orders",
            "reservations",
            "items",
            "rounds",
            "products",
            "notices",
            "login_tokens",
            "accounts",
        ] {
            manager
                .drop_table(Table::drop().table(Alias::new(table)).to_owned())
                .await?;
        }
        Ok(())
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

fn table(name: &'static str, key: ColumnDef) -> TableCreateStatement {
    let mut key = key;
    let mut table = Table::create();
    table.table(Alias::new(name)).col(key.primary_key());
    table
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

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("ix_{table}_{}", columns.join("_")))
        .table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("accounts", &["mobile"]).unique().to_owned(),
        index("login_tokens", &["dies_at_ms"]),
        index("notices", &["sent_at_ms", "created_at_ms"]),
        index("rounds", &["ends_at_ms"]),
        index("items", &["round_id", "sequence"]),
        index("reservations", &["state", "held_at_ms", "position"]),
        index("reservations", &["item_id", "buyer_id", "held_at_ms"]),
        index("reservations", &["release_due_at_ms"]),
        index("orders", &["reservation_id"]).unique().to_owned(),
        index("orders", &["live_key"]).unique().to_owned(),
        index("orders", &["buyer_id", "created_at_ms"]),
        index("orders", &["state", "pay_deadline_ms"]),
        index("orders", &["item_id"]),
    ]
}
