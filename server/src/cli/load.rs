//! `server load`.

use std::{
    fs,
    io::{IsTerminal as _, stderr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use app::wire::ItemId;
use clap::{Args, ValueEnum};
use reqwest::Url;
use tokio::signal::ctrl_c;

use super::{Failure, write_file};
use crate::load::{Arrivals, Load, MAX_SHOPPERS, Report, Shop};

/// The distribution of shoppers over time.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profile {
    /// So many a second, see --rate.
    Constant,
    /// Growing to the rate over --ramp-s seconds.
    Ramp,
    /// All of them within the first second.
    Herd,
}

/// The load, and its target.
#[derive(Args)]
pub struct LoadCommand {
    /// The shop's address, such as `http://127.0.0.1:3000`. Its captcha must be off (`SECKILL_CAPTCHA=off`).
    url: Url,
    /// Log-in tokens, one a line and one for each shopper, as `server seed --load` writes them.
    #[arg(long, value_name = "FILE")]
    tokens: PathBuf,
    /// The item; may be left out if only one is on sale now or soon.
    #[arg(long, value_name = "ID")]
    item: Option<ItemId>,
    /// The distribution of shoppers over time. Waits for a round that has not begun.
    #[arg(long, value_enum, default_value = "herd")]
    arrivals: Profile,
    /// Shoppers a second.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Seconds in which a ramp reaches its rate.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    ramp_s: u32,
    /// Connections, each with one call at a time.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// Milliseconds between a shopper's calls, a tenth more or less.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=60_000))]
    think_ms: u32,
    /// Each shopper begins with the item's page.
    #[arg(long)]
    page: bool,
    /// Seconds after which a shopper without an answer gives up.
    #[arg(long, value_name = "S", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    patience_s: u32,
    /// Write the report to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the latencies to this file, as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Allow a shop on another machine. Load only a shop of your own.
    #[arg(long)]
    allow_remote: bool,
}

impl LoadCommand {
    /// Runs it. The exit status is not zero when the shop broke a promise.
    pub async fn run(&self) -> Result<ExitCode, Failure> {
        let per_s = f64::from(self.rate);
        let arrivals = match self.arrivals {
            Profile::Constant => Arrivals::Constant { per_s },
            Profile::Ramp => Arrivals::Ramp {
                per_s,
                over: seconds(self.ramp_s),
            },
            Profile::Herd => Arrivals::Herd {
                within: Duration::from_secs(1),
            },
        };
        let load = Load {
            tokens: tokens(&self.tokens)?,
            arrivals,
            think: Duration::from_millis(self.think_ms.into()),
            with_page: self.page,
            time_limit: seconds(self.patience_s),
        };
        let connections = self.connections as usize;
        let shop = Shop::open(self.url.clone(), self.item, connections, self.allow_remote).await?;
        let is_watched = stderr().is_terminal();
        let progress = |line: &str| {
            if is_watched {
                eprint!("\r\x1b[Kload: {line}");
            }
        };
        let report = tokio::select! {
            report = load.run(shop, progress) => report?,
            _ = ctrl_c() => return Err("interrupted".into()),
        };
        if is_watched {
            eprintln!();
        }
        println!("{}", report.table());
        if let Some(file) = &self.json {
            write_file(file, &(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
        if let Some(file) = &self.csv {
            write_file(file, &report.csv())?;
        }
        Ok(exit_code(&report))
    }
}

fn seconds(s: u32) -> Duration {
    Duration::from_secs(s.into())
}

fn exit_code(report: &Report) -> ExitCode {
    match report.violations.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn tokens(file: &Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(file);
    let text = text.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let tokens: Vec<String> = lines.map(str::to_owned).collect();
    match tokens.len() {
        0 => Err(format!("{} has no log-in", file.display()).into()),
        1..=MAX_SHOPPERS => Ok(tokens),
        count => Err(format!("{count} shoppers are more than a run has ({MAX_SHOPPERS})").into()),
    }
}
