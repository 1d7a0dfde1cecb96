//! The command line. Plain `server`, for newcomers, creates the schema, fills an empty shop and serves.

mod account;
mod archive;
mod audit;
mod backup;
mod bench;
mod closed_pipe;
mod demo_accounts;
mod demo_shop;
mod doctor;
mod load;
mod load_round;
mod manual;
mod parked;
mod payments;
mod readiness;
mod round;
mod seed;
mod serve;
mod service_manager;
mod settings;
mod switch;
mod version;
mod webhooks;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, CommandFactory as _, Parser, Subcommand, error::ErrorKind};

use jiff::Timestamp;

use crate::{
    adapters::{
        data_folder::{self, DataFolderError},
        sql::{Access, ConnectError, Sql},
    },
    assembly,
    chain::Chain,
    config::Config,
};

/// A flash-sale shop in one program. Settings are environment variables; `server config` lists
/// them.
#[derive(Parser)]
#[command(name = "server", version)]
struct Cli {
    /// A TOML file with settings; the environment outranks it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the shop; its schema must be up to date (`server migrate`, or `server` alone).
    Serve {
        /// Which part of the shop this process is.
        #[arg(long, value_enum, default_value = "all")]
        role: serve::Role,
    },
    /// Create the shop's schema, or bring it up to date.
    Migrate,
    /// Copy the shop of a data folder to a new file, while it runs.
    Backup {
        /// The new file; must not exist.
        file: PathBuf,
    },
    /// Create a data folder's shop from a backup; the folder must have none.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Check a backup: the file, its schema, and every invariant of the ledger in it.
    Verify {
        /// The backup.
        file: PathBuf,
    },
    /// Write a shop between rounds into a new file, to move it between a data folder and servers.
    Export {
        /// The new file; must not exist.
        file: PathBuf,
    },
    /// Take an export into an empty shop, and check it.
    Import {
        /// The export.
        file: PathBuf,
    },
    /// Fill the shop: with a demonstration if it is empty, or with a round for a load test.
    Seed(Seed),
    /// Check every invariant of the ledger; fails when one does not hold.
    Audit {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Accounts of the shop's staff.
    #[command(subcommand)]
    Account(account::Account),
    /// Rounds: from files, and the stop button.
    #[command(subcommand)]
    Round(round::Round),
    /// Money: refunds, and comparing a provider's statement.
    #[command(subcommand)]
    Payments(payments::Payments),
    /// Webhooks: tell other programs about events.
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Switches that close a part of the shop for a while.
    #[command(subcommand)]
    Switch(switch::SwitchCommand),
    /// Measure what requests cost, or with `--cluster` gate, relay and order writer on its servers.
    Bench(bench::Bench),
    /// Send shoppers to a running shop, at planned times, and check every answer.
    Load(load::LoadCommand),
    /// Reservations that could not be written as orders.
    #[command(subcommand)]
    Parked(parked::Parked),
    /// The earlier name of `parked replay`.
    #[command(hide = true)]
    Replay,
    /// Check settings, data folder and servers, and report problems.
    Doctor,
    /// Print every setting with its value.
    Config(settings::Settings),
    /// Print a shell's completion script for these commands.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, for `man -l -`, or write the pages of all commands.
    Manual(manual::Manual),
}

#[derive(Args)]
struct Seed {
    /// Create an approved round with one item, and signed-in buyers.
    #[arg(long, requires_all = ["stock", "buyers", "starts_in_s", "tokens"])]
    load: bool,
    #[command(flatten)]
    round: load_round::LoadRound,
}

/// Runs the program; `commit` is the commit it was built from, if known. Every failure is one line on
/// standard error.
///
/// The runtime starts here and not in the binary: the compiler generates code for a future where it is
/// awaited, and would compile the whole server a second time there.
#[tokio::main]
pub async fn start(commit: Option<&str>) -> ExitCode {
    closed_pipe::ends_commands();
    let answered = match Cli::try_parse() {
        Ok(cli) => run(cli).await,
        Err(asked) if asked.kind() == ErrorKind::DisplayVersion => {
            let printed = version::print(commit).await;
            printed.map(|()| ExitCode::SUCCESS)
        }
        Err(error) => error.exit(),
    };
    match answered {
        Ok(code) => code,
        Err(error) => {
            eprintln!("server: {}", Chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

/// Writes a command's result to a file.
fn write_file(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text)
        .map_err(|error| format!("cannot write {}: {error}", file.display()).into())
}

async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let file = cli.config.as_deref();
    match &cli.command {
        Some(Command::Config(settings)) => return Ok(settings.run(file)?),
        Some(Command::Load(load)) => return Box::pin(load.run()).await,
        Some(Command::Doctor) => return Box::pin(doctor::doctor(file)).await,
        Some(Command::Completions { shell }) => manual::completions(Cli::command(), *shell)?,
        Some(Command::Manual(manual)) => manual.run(Cli::command())?,
        _ => return run_with_settings(cli).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_with_settings(cli: Cli) -> Result<ExitCode, Failure> {
    let file = cli.config.as_deref();
    let (config, warnings) = Config::load(file)?;
    settings::warn(&warnings);
    match cli.command {
        None => {
            take_data_folder(&config)?;
            Box::pin(seed::demo_shop_if_empty(&config, Access::Migrate)).await?;
            serve::serve(&config, serve::Role::All).await?;
        }
        Some(Command::Serve { role }) => {
            // Before locking the folder, which creates a missing one.
            shop_must_exist(&config)?;
            take_data_folder(&config)?;
            serve::serve(&config, role).await?;
        }
        Some(Command::Migrate) => drop(assembly::open_ledger(&config, Access::Migrate).await?),
        Some(Command::Backup { file }) => backup::backup(&config, &file).await?,
        Some(Command::Restore { file }) => backup::restore(&config, &file).await?,
        Some(Command::Verify { file }) => return Box::pin(backup::verify(&file)).await,
        Some(Command::Export { file }) => Box::pin(archive::export(&config, &file)).await?,
        Some(Command::Import { file }) => return Box::pin(archive::import(&config, &file)).await,
        Some(Command::Seed(seed)) if seed.load => {
            Box::pin(seed.round.write(&config)).await?;
        }
        Some(Command::Seed(_)) => Box::pin(seed::seed(&config)).await?,
        Some(Command::Audit { json }) => return audit::audit(&config, json).await,
        Some(Command::Parked(command)) => command.run(&config).await?,
        Some(Command::Replay) => {
            parked::Parked::Replay { reservation: None }
                .run(&config)
                .await?;
        }
        Some(Command::Account(command)) => Box::pin(command.run(&config)).await?,
        Some(Command::Round(command)) => return Box::pin(command.run(&config)).await,
        Some(Command::Payments(command)) => return command.run(&config).await,
        Some(Command::Webhooks(command)) => Box::pin(command.run(&config)).await?,
        Some(Command::Switch(command)) => Box::pin(command.run(&config)).await?,
        Some(Command::Bench(bench)) => return Box::pin(bench.run(&config)).await,
        Some(
            Command::Config(_)
            | Command::Load(_)
            | Command::Doctor
            | Command::Completions { .. }
            | Command::Manual(_),
        ) => unreachable!("answered above"),
    }
    Ok(ExitCode::SUCCESS)
}

/// An instant to the second, as commands print it.
fn in_words(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms - at_ms % 1_000);
    at.unwrap_or_default().to_string()
}

/// Only an embedded shop: for a cluster the database's answer tells.
fn shop_must_exist(config: &Config) -> Result<(), ConnectError> {
    match config.cluster {
        None => Sql::must_be_in(&config.process.data_dir),
        Some(_) => Ok(()),
    }
}

/// Locks an embedded shop's data folder for this server. A cluster has none.
fn take_data_folder(config: &Config) -> Result<(), DataFolderError> {
    match config.cluster {
        None => data_folder::lock_for_life(&config.process.data_dir),
        Some(_) => Ok(()),
    }
}
