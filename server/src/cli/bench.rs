//! `server bench --cluster`.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use tokio::signal::ctrl_c;

use super::{Failure, audit};
use crate::{
    bench::{BenchRig, Figures, Load},
    config::Config,
};

/// What is measured, and how.
#[derive(Args)]
pub struct Bench {
    /// The servers of a cluster, as they are set (the only thing that is measured so far).
    #[arg(long, required = true)]
    cluster: bool,
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Orders to make; as many buyers again come too late.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=2_000_000))]
    orders: u32,
    /// Buyers who ask the gate at the same time.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    callers: u32,
    /// Also on a database that has something in it. No instance of a shop may be running on it.
    #[arg(long)]
    yes: bool,
}

impl Bench {
    pub async fn run(&self, config: &Config) -> Result<ExitCode, Failure> {
        let load = Load {
            orders: self.orders,
            clients: self.callers,
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
        if let Some(file) = &self.json {
            let text = serde_json::to_string_pretty(figures)?;
            std::fs::write(file, text + "\n")
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        // The auditor does not know how many orders there must be: here every unit has one.
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

async fn measure(rig: &mut BenchRig) -> Result<Figures, Failure> {
    let measured = rig.measure().await?;
    eprintln!("bench: audit …");
    let audit = audit::look(&rig.shop).await?;
    Ok(rig.figures(measured, audit))
}
