//! `server payments`: handling money by hand.

mod statement;

use std::{path::PathBuf, process::ExitCode};

use app::wire::OrderId;
use clap::Subcommand;

use super::{Failure, audit::beside_a_shop};
use crate::{
    adapters::sql::Access,
    assembly,
    config::Config,
    engine::{
        payments::{
            refund,
            statement::{Difference, Matched, compare},
        },
        ports::{Amount, ChangedBy, Movement},
    },
};

#[derive(Subcommand)]
pub enum Payments {
    /// Refund a paid order; the running shop's workers send the money.
    Refund {
        /// The order's id.
        order: OrderId,
    },
    /// Compare a provider's statement of a day with the shop; fails when anything differs.
    Match {
        /// A CSV file with the columns kind (payment or refund), `provider_number`, amount (99.50)
        /// and currency; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        statement: PathBuf,
        /// The day, in the shop's zone: 2026-11-11.
        #[arg(long)]
        day: String,
        /// The statement's provider, if not the current one.
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}

impl Payments {
    /// Runs the command beside a running shop.
    pub async fn run(self, config: &Config) -> Result<ExitCode, Failure> {
        match self {
            Payments::Refund { order } => refund_order(config, order).await,
            Payments::Match {
                statement,
                day,
                provider,
                json,
            } => {
                let day = statement::day(&day, config.web.utc_offset_min)?;
                let lines = statement::read(&statement)?;
                let provider = provider.as_deref();
                let provider = provider.unwrap_or(config.payments.provider.name());
                let ledger = assembly::open_ledger(config, Access::Read).await?;
                let matched = compare(&ledger, provider, day, lines).await?;
                match json {
                    true => println!("{}", serde_json::to_string(&matched)?),
                    false => print(&matched),
                }
                Ok(match matched.differences.is_empty() {
                    true => ExitCode::SUCCESS,
                    false => ExitCode::FAILURE,
                })
            }
        }
    }
}

async fn refund_order(config: &Config, order: OrderId) -> Result<ExitCode, Failure> {
    let environment = beside_a_shop(config, Access::Write)?;
    let shop = assembly::assemble(config, environment).await?;
    match refund::order(&shop.engine.payments, order, &ChangedBy::command()).await? {
        true => println!("the money of order {order} goes back"),
        false => return Err(format!("there is no paid order {order}").into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn sum(amount: &Amount) -> String {
    let Amount { minor, currency } = amount;
    format!("{}.{:02} {currency}", minor / 100, minor % 100)
}

fn print(matched: &Matched) {
    for difference in &matched.differences {
        match difference {
            Difference::OnlyThere {
                kind,
                provider_number,
                amount,
            } => println!(
                "{kind} {provider_number}: only in the statement, {}",
                sum(amount)
            ),
            Difference::OnlyHere {
                kind,
                provider_number,
                amount,
                order_id,
            } => println!(
                "{kind} {provider_number}: only in the shop, {}, order {order_id}",
                sum(amount)
            ),
            Difference::OtherSum {
                kind,
                provider_number,
                there,
                here,
                order_id,
            } => println!(
                "{kind} {provider_number}: {} in the statement, {} in the shop, order {order_id}",
                sum(there),
                sum(here)
            ),
            Difference::Twice {
                kind,
                provider_number,
            } => println!("{kind} {provider_number}: more than once in the statement"),
        }
    }
    for Movement {
        kind,
        provider_number,
        amount,
        order_id,
        ..
    } in &matched.perhaps_of_other_days
    {
        println!(
            "{kind} {provider_number}: perhaps of another day, {}, order {order_id}: look at the statement of the day beside it",
            sum(amount)
        );
    }
    println!(
        "{} agree, {} differ",
        matched.agree,
        matched.differences.len()
    );
}
