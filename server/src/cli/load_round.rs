//! `server seed --load`: a round for load tests and browser tests, with buyers who are signed in.

use std::{fs::File, io::Write, path::PathBuf};

use app::wire::{AccountId, ItemId, LocalText, Mobile, Money, Password, Role, RoundId};
use clap::Args;
use serde_json::json;

use super::Failure;
use crate::{
    adapters::{
        sql::{NewItem, NewRound, Sql},
        system::{Argon2Passwords, SystemClock, SystemIds},
    },
    engine::{
        accounts::sign_in::token_hash,
        ports::{Account, Clock, Ids, Passwords},
    },
};

/// What the round is like.
#[derive(Args)]
pub struct LoadRound {
    /// Units of its one item.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    stock: Option<u32>,
    /// Buyers to make.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    buyers: Option<u32>,
    /// Pieces that a cluster's gate splits the stock into.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    segments: u8,
    /// It opens this many seconds from now; negative: it is open already.
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    starts_in_s: Option<i32>,
    /// It is open for this long.
    #[arg(long, value_name = "S", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(1..))]
    lasts_s: u32,
    /// Time to pay; the shop's default otherwise.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pay_window_s: Option<u32>,
    /// The buyers' log-in tokens are written here, one a line.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
}

/// Log-ins of load buyers last this long.
const LOGIN_LIFE_MS: i64 = 2 * 24 * 3_600_000;

impl LoadRound {
    /// Writes the round and the buyers, and prints one line of JSON about the round.
    pub async fn write(&self, sql: &Sql) -> Result<(), Failure> {
        // clap has seen to it that `--load` comes with all of them.
        let (Some(stock), Some(buyers), Some(starts_in_s), Some(tokens)) =
            (self.stock, self.buyers, self.starts_in_s, &self.tokens)
        else {
            return Err("--load needs --stock, --buyers, --starts-in-s and --tokens".into());
        };
        let mut file = File::create(tokens)
            .map_err(|error| format!("cannot write {}: {error}", tokens.display()))?;
        for token in add_buyers(sql, buyers).await? {
            writeln!(file, "{token}")?;
        }
        file.sync_all()?;

        // The round last: the time to its start should not be spent on making buyers.
        let starts_at_ms = SystemClock.now_ms() + i64::from(starts_in_s) * 1000;
        let round = self.round(stock, starts_at_ms);
        sql.add_round(&round).await?;
        let line = json!({
            "round_id": round.round_id,
            "item_id": round.items[0].item_id,
            "starts_at_ms": starts_at_ms,
        });
        println!("{line}");
        Ok(())
    }

    fn round(&self, stock: u32, starts_at_ms: i64) -> NewRound {
        let text = |zh: &str, en: &str| LocalText {
            zh: zh.to_owned(),
            en: en.to_owned(),
        };
        NewRound {
            round_id: RoundId(SystemIds.id()),
            title: text("压测场", "Load round"),
            starts_at_ms,
            ends_at_ms: starts_at_ms + i64::from(self.lasts_s) * 1000,
            stopped: None,
            pay_window_s: self.pay_window_s,
            items: vec![NewItem {
                item_id: ItemId(SystemIds.id()),
                product_id: SystemIds.id(),
                title: text("压测商品", "Load item"),
                description: text("用于压力测试。", "For load tests."),
                picture_url: "/products/placeholder.svg".to_owned(),
                list_price: Money(19_900),
                sale_price: Money(9_900),
                stock,
                segments: self.segments,
            }],
        }
    }
}

/// Makes signed-in buyers; their tokens are returned in their order.
async fn add_buyers(sql: &Sql, buyers: u32) -> Result<Vec<String>, Failure> {
    let now_ms = SystemClock.now_ms();
    // One hash for all, of a password that nobody knows: they have tokens. Hashing each would take
    // an hour.
    let password = Password::parse(SystemIds.secret())?;
    let password_hash = Argon2Passwords::new()?.hash(password).await?;
    let first = sql.count_accounts().await?;
    let mut accounts = Vec::new();
    let (mut log_ins, mut tokens) = (Vec::new(), Vec::new());
    for number in first..first + u64::from(buyers) {
        let account_id = AccountId(SystemIds.id());
        let token = SystemIds.secret();
        log_ins.push((token_hash(&token), account_id));
        tokens.push(token);
        accounts.push(Account {
            account_id,
            // A range that no operator has given out.
            mobile: Mobile::parse(&format!("19{number:09}"))?,
            nickname: format!("buyer {number}"),
            role: Role::Buyer,
            banned: false,
            password_hash: password_hash.clone(),
            created_at_ms: now_ms,
        });
    }
    sql.add_accounts(&accounts).await?;
    sql.add_log_ins(&log_ins, now_ms + LOGIN_LIFE_MS).await?;
    Ok(tokens)
}
