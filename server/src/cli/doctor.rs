//! `server doctor`: looks at what the shop stands on, with the checks that a start and `/readyz` make, and
//! says what is not right. Nothing in its answer is a secret: people paste it into messages.

mod machine;
mod servers;

use std::{fmt::Display, path::Path, process::ExitCode};

use super::Failure;
use crate::{
    adapters::sql::{own_version, sqlite_version},
    chain::Chain,
    config::Config,
};

/// What was found, printed as it is found.
#[derive(Default)]
struct Report {
    right: u32,
    problems: u32,
    warnings: u32,
}

impl Report {
    /// It is right.
    fn right(&mut self, part: &str, text: impl Display) {
        self.right += 1;
        print("ok", part, text);
    }

    /// It works, and may not be what is wanted.
    fn warning(&mut self, part: &str, text: impl Display) {
        self.warnings += 1;
        print("warning", part, text);
    }

    /// It does not work, or loses something.
    fn problem(&mut self, part: &str, text: impl Display) {
        self.problems += 1;
        print("PROBLEM", part, text);
    }
}

fn print(verdict: &str, part: &str, text: impl Display) {
    println!("{verdict:<8} {part:<12} {text}");
}

/// Fails when something is not right; warnings are for people to judge.
pub async fn doctor(file: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut report = Report::default();
    let version = env!("CARGO_PKG_VERSION");
    let (schema, sqlite) = (own_version(), sqlite_version().await?);
    report.right(
        "program",
        format_args!("server {version}, schema {schema}, SQLite {sqlite}"),
    );
    match Config::load(file) {
        // The rest would be said of other settings than the ones that are meant.
        Err(error) => report.problem("settings", Chain(&error)),
        Ok((config, warnings)) => {
            for warning in warnings {
                report.problem("settings", warning);
            }
            settings(&config, &mut report);
            machine::look(&config, &mut report);
            match &config.cluster {
                None => servers::look_at_the_folder(&config, &mut report).await,
                Some(cluster) => servers::look(&config, cluster, &mut report).await,
            }
        }
    }
    let Report {
        right,
        problems,
        warnings,
    } = report;
    println!("{right} ok, {warnings} warnings, {problems} problems");
    Ok(match problems {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn settings(config: &Config, report: &mut Report) {
    let mode = match config.cluster {
        None => "embedded",
        Some(_) => "cluster",
    };
    if !config.process.production {
        report.right(
            "settings",
            format_args!("can be used; {mode}, for development"),
        );
        return;
    }
    report.right("settings", format_args!("can be used; {mode}, production"));
    if !config.web.tls {
        report.warning(
            "settings",
            "TLS is off: log-ins are sent in the clear unless this is a shop without a network",
        );
    }
    if config.web.trusted_proxies.is_empty() {
        report.warning(
            "settings",
            "TRUSTED_PROXIES is empty: behind a proxy all visitors count as one, and are refused",
        );
    }
}
