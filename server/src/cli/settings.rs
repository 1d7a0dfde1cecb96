//! `server config`.

use std::{path::Path, process::ExitCode};

use clap::Args;

use crate::config::{self, Config, ConfigError, Warning};

/// Options for the settings.
#[derive(Args)]
pub struct Settings {
    /// Only check whether they are valid; also fails on unknown names.
    #[arg(long)]
    check: bool,
    /// Print the manual's page instead: names, forms, defaults, meanings.
    #[arg(long, conflicts_with = "check")]
    markdown: bool,
}

impl Settings {
    /// Fails on invalid settings, after printing them.
    pub fn run(&self, file: Option<&Path>) -> Result<ExitCode, ConfigError> {
        if self.markdown {
            print!("{}", config::markdown());
            return Ok(ExitCode::SUCCESS);
        }
        if !self.check {
            print!("{}", config::listing(file)?);
        }
        let (_, warnings) = Config::load(file)?;
        warn(&warnings);
        if !self.check {
            return Ok(ExitCode::SUCCESS);
        }
        if !warnings.is_empty() {
            return Ok(ExitCode::FAILURE);
        }
        println!("every setting can be used");
        Ok(ExitCode::SUCCESS)
    }
}

/// Warns about variables without effect.
pub fn warn(warnings: &[Warning]) {
    for warning in warnings {
        eprintln!("server: warning: {warning}");
    }
}
