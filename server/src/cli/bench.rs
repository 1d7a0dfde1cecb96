//! `server bench`.

mod bare;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use serde::Serialize;
use tokio::signal::ctrl_c;

use super::{Failure, audit, write_file};
use crate::{
    bench::{
        BenchRig, Figures, Load,
        requests::{self, Programs, RequestLoad},
    },
    config::Config,
};

/// The kind and size of the measurement.
#[derive(Args)]
pub struct Bench {
    /// Measure the configured servers of a cluster. Without it: the requests of an embedded shop in a temporary folder,
    /// compared with a bare handler.
    #[arg(long)]
    cluster: bool,
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Orders to make: 100,000 in a cluster, where as many more buyers come too late, else 20,000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1_000..=2_000_000))]
    orders: Option<u32>,
    /// Simultaneous buyers: 128 in a cluster, else 32.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    callers: Option<u32>,
    /// Requests of each repeatable call; not in a cluster.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000), conflicts_with = "cluster")]
    requests: u32,
    /// Serve this file's page with the bare handler, for comparison.
    #[arg(long, value_name = "FILE", hide = true, conflicts_with = "cluster")]
    bare: Option<PathBuf>,
    /// Accept a database with data in it. No instance of a shop may be running on it.
    #[arg(long, requires = "cluster")]
    yes: bool,
}

impl Bench {
    pub async fn run(&self, config: &Config) -> Result<ExitCode, Failure> {
        if let Some(page) = &self.bare {
            bare::serve(page).await?;
        } else if !self.cluster {
            self.measure_requests(config).await?;
        } else {
            return self.measure_cluster(config).await;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn measure_requests(&self, config: &Config) -> Result<(), Failure> {
        let programs = Programs {
            server: std::env::current_exe()?,
            bare: &["bench", "--bare"],
        };
        let load = RequestLoad {
            requests: self.requests,
            orders: self.orders.unwrap_or(20_000),
            connections: self.callers.unwrap_or(32),
        };
        let site = config.web.site_root.clone();
        // An interrupted measurement is dropped: its processes end, and its folder is removed.
        let costs = tokio::select! {
            costs = requests::measure(programs, site, load) => costs?,
            _ = ctrl_c() => return Err("interrupted".into()),
        };
        println!("{}", costs.table());
        self.write_json(&costs)
    }

    async fn measure_cluster(&self, config: &Config) -> Result<ExitCode, Failure> {
        let load = Load {
            orders: self.orders.unwrap_or(100_000),
            clients: self.callers.unwrap_or(128),
        };
        let questions = Arc::new(audit::NoQuestions);
        let mut rig = BenchRig::assemble(config, questions, load, self.yes).await?;
        let measured = tokio::select! {
            measured = measure(&mut rig) => measured,
            _ = ctrl_c() => Err("interrupted".into()),
        };
        let cleaned = rig.clean_up().await;
        let figures = measured?;
        cleaned?;
        self.print(&figures)
    }

    fn print(&self, figures: &Figures) -> Result<ExitCode, Failure> {
        println!("{}\n", figures.measured.table());
        audit::print_table(&figures.audit);
        println!(
            "the round stays in the database, with its {} orders; Redis and RabbitMQ are clean",
            figures.measured.orders
        );
        self.write_json(figures)?;
        // The auditor does not know the expected number of orders: here every unit has one.
        let complete = match figures.audit.items.as_slice() {
            [item] => item.orders_live == i64::from(figures.measured.orders),
            _ => false,
        };
        Ok(match figures.audit.ok && complete {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

impl Bench {
    fn write_json(&self, figures: &impl Serialize) -> Result<(), Failure> {
        if let Some(file) = &self.json {
            let text = serde_json::to_string_pretty(figures)?;
            write_file(file, &(text + "\n"))?;
        }
        Ok(())
    }
}

async fn measure(rig: &mut BenchRig) -> Result<Figures, Failure> {
    let measured = rig.measure().await?;
    eprintln!("bench: audit …");
    let audit = audit::look(&rig.shop).await?;
    Ok(rig.figures(measured, audit))
}
