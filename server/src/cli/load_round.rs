//! `server seed --load`: a round for load tests and browser tests, with signed-in buyers.

use std::{fs::File, io::Write, path::PathBuf};

use app::wire::{ItemId, LocalText, Money, ProductId, RoundId};
use clap::Args;
use serde_json::json;

use super::{Failure, seed};
use crate::{
    adapters::system::SystemIds,
    assembly,
    config::Config,
    engine::{
        back_office::{add_accounts::add_load_buyers, add_round::add_round},
        ports::{ChangedBy, Ids, NewItem, NewRound},
    },
};

/// The properties of the round.
#[derive(Args)]
pub struct LoadRound {
    /// Units of its one item.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    stock: Option<u32>,
    /// Buyers to create.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    buyers: Option<u32>,
    /// Segments of the stock at a cluster's gate.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    segments: u8,
    /// Opens this many seconds from now; negative: opened already.
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    starts_in_s: Option<i32>,
    /// Stays open this many seconds.
    #[arg(long, value_name = "S", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(1..))]
    lasts_s: u32,
    /// Seconds to pay; by default the shop's setting.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pay_window_s: Option<u32>,
    /// File for the buyers' log-in tokens, one a line.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
}

impl LoadRound {
    /// Writes the round and the buyers, and prints one line of JSON about the round.
    pub async fn write(&self, config: &Config) -> Result<(), Failure> {
        // clap guarantees that `--load` comes with all of them.
        let (Some(stock), Some(buyers), Some(starts_in_s), Some(tokens)) =
            (self.stock, self.buyers, self.starts_in_s, &self.tokens)
        else {
            return Err("--load needs --stock, --buyers, --starts-in-s and --tokens".into());
        };
        let office = assembly::open_back_office(config, seed::access_for_load(config)).await?;
        let mut file = File::create(tokens)
            .map_err(|error| format!("cannot write {}: {error}", tokens.display()))?;
        for token in add_load_buyers(&office, buyers).await? {
            writeln!(file, "{token}")?;
        }
        file.sync_all()?;

        // The round last: creating buyers must not use up the time to its start.
        let starts_at_ms = office.clock.now_ms() + i64::from(starts_in_s) * 1000;
        let round = self.round(stock, starts_at_ms);
        add_round(&office, &round, &ChangedBy::command()).await?;
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
                product_id: ProductId(SystemIds.id()),
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
