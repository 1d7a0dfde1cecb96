//! `server config`.

use std::{path::Path, process::ExitCode};

use clap::Args;

use crate::config::{self, Config, ConfigError, Warning};

/// What to do with the settings.
#[derive(Args)]
pub struct Settings {
    /// Only say whether they can be used; fails on unknown names, too.
    #[arg(long)]
    check: bool,
    /// Print the page of the manual instead: names, forms, defaults, meanings.
    #[arg(long, conflicts_with = "check")]
    markdown: bool,
}

impl Settings {
    /// Fails on settings that cannot be used, after printing them.
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

/// Says what is set and has no effect.
pub fn warn(warnings: &[Warning]) {
    for warning in warnings {
        eprintln!("server: warning: {warning}");
    }
}
