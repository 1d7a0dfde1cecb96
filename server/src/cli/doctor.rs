//! `server doctor`: checks the shop's environment as start-up and `/readyz` do, and reports problems. Its
//! output contains no secrets: people paste it into messages.

mod machine;
mod servers;

use std::{fmt::Display, path::Path, process::ExitCode, time::Duration};

use app::wire::{DoctorCheck, Verdict};
use async_trait::async_trait;
use futures::future::BoxFuture;
use tokio::{runtime::Handle, task::spawn_blocking, time::timeout};

use super::Failure;
use crate::{
    adapters::sql::{own_version, sqlite_version},
    chain::Chain,
    config::Config,
    engine::ports::SystemFacts,
};

/// The checks.
#[derive(Default)]
struct Report {
    checks: Vec<DoctorCheck>,
    /// Each is printed immediately.
    prints: bool,
}

impl Report {
    /// The part is in order.
    fn right(&mut self, part: &str, text: impl Display) {
        self.add(Verdict::Right, part, text);
    }

    /// It works, but may not be what is wanted.
    fn warning(&mut self, part: &str, text: impl Display) {
        self.add(Verdict::Warning, part, text);
    }

    /// It does not work, or loses data.
    fn problem(&mut self, part: &str, text: impl Display) {
        self.add(Verdict::Problem, part, text);
    }

    fn add(&mut self, verdict: Verdict, part: &str, text: impl Display) {
        if self.prints {
            let word = match verdict {
                Verdict::Right => "ok",
                Verdict::Warning => "warning",
                Verdict::Problem => "PROBLEM",
            };
            println!("{word:<8} {part:<12} {text}");
        }
        self.checks.push(DoctorCheck {
            verdict,
            part: part.to_owned(),
            text: text.to_string(),
        });
    }

    fn count(&self, verdict: Verdict) -> usize {
        let all = self.checks.iter();
        all.filter(|found| found.verdict == verdict).count()
    }
}

/// Fails when there is a problem; warnings are for people to judge.
pub async fn doctor(file: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut report = Report {
        prints: true,
        ..Report::default()
    };
    let version = env!("CARGO_PKG_VERSION");
    let (schema, sqlite) = (own_version(), sqlite_version().await?);
    report.right(
        "program",
        format_args!("server {version}, schema {schema}, SQLite {sqlite}"),
    );
    match Config::load(file) {
        // The other checks would use the wrong settings.
        Err(error) => report.problem("settings", Chain(&error)),
        Ok((config, warnings)) => {
            for warning in warnings {
                report.problem("settings", warning);
            }
            look(&config, &mut report).await;
        }
    }
    let problems = report.count(Verdict::Problem);
    println!(
        "{} ok, {} warnings, {problems} problems",
        report.count(Verdict::Right),
        report.count(Verdict::Warning)
    );
    Ok(match problems {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

async fn look(config: &Config, report: &mut Report) {
    settings(config, report);
    machine::look(config, report);
    match &config.cluster {
        None => servers::look_at_the_folder(config, report).await,
        Some(cluster) => servers::look(config, cluster, report).await,
    }
}

/// The same check of a running process, for the system page. Uses the settings with which it was started.
pub struct RunningProcess(pub Config);

/// Time limit of the check in a running process; then it reports the checks so far.
const LIMIT: Duration = Duration::from_secs(7);
/// How long a page waits for the report.
const WAIT: Duration = Duration::from_secs(8);

#[async_trait]
impl SystemFacts for RunningProcess {
    fn version(&self) -> String {
        format!("{}, schema {}", env!("CARGO_PKG_VERSION"), own_version())
    }

    fn settings(&self) -> String {
        self.0.listing.clone()
    }

    async fn checks(&self) -> Vec<DoctorCheck> {
        let config = self.0.clone();
        let runtime = Handle::current();
        // On a separate thread: it reads files with blocking calls, as a command does.
        let looked = spawn_blocking(move || {
            runtime.block_on(async {
                let mut report = Report::default();
                if timeout(LIMIT, look(&config, &mut report)).await.is_err() {
                    let seconds = LIMIT.as_secs();
                    report.problem(
                        "time",
                        format_args!("not everything answered within {seconds} s"),
                    );
                }
                report.checks
            })
        });
        looked.await.unwrap_or_default()
    }

    async fn carry_out(&self, work: BoxFuture<'static, ()>) {
        timeout(WAIT, tokio::spawn(work)).await.ok();
    }
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
