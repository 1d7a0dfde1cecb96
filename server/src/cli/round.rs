//! `server round`: rounds from files, and the stop button, for staff.

mod difference;
mod file;
mod money;

use std::{
    io::{Read as _, Write as _, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use app::wire::{DEFAULT_STOP_TEXT, Key, LocalText, RoundState};
use clap::Subcommand;

use super::Failure;
use crate::{
    adapters::sql::Access,
    assembly,
    config::Config,
    engine::{
        back_office::{
            Deps, add_round::AddRoundError, add_round::add_coming_round, check_round, draft,
            stop_round,
        },
        ports::{ChangedBy, NewRound},
    },
};
use file::RoundFile;

/// Largest file: a hundred items with the longest texts, in any notation.
const MAX_FILE: u64 = 5 * 1024 * 1024;

#[derive(Subcommand)]
pub enum Round {
    /// Check a file without using the shop.
    Validate {
        /// A round as TOML; `-` is standard input.
        file: PathBuf,
    },
    /// Compare a file with the shop; fails when they differ, or when the shop has no such round.
    Diff {
        /// A round as TOML; `-` is standard input.
        file: PathBuf,
    },
    /// Add a file's round. Applying it again changes nothing.
    Apply {
        /// A round as TOML; `-` is standard input.
        file: PathBuf,
    },
    /// Print a round as a file.
    Export {
        /// The round's key or id.
        round: Key,
    },
    /// Stop sales in the round until it is resumed.
    Stop {
        /// The round's key or id.
        round: Key,
        /// The text for shoppers, in Chinese.
        #[arg(
            long,
            value_name = "WORDS",
            requires = "en",
            default_value = DEFAULT_STOP_TEXT.0
        )]
        zh: String,
        /// The text for shoppers, in English.
        #[arg(
            long,
            value_name = "WORDS",
            requires = "zh",
            default_value = DEFAULT_STOP_TEXT.1
        )]
        en: String,
    },
    /// Resume a stopped round.
    Resume {
        /// The round's key or id.
        round: Key,
    },
}

impl Round {
    /// Runs the command, beside a running shop or without one.
    pub async fn run(self, config: &Config) -> Result<ExitCode, Failure> {
        let open = |access| assembly::open_back_office(config, access);
        match self {
            Round::Validate { file } => {
                let round = Written::read(&file)?;
                println!("{}: {}", file.display(), round.summary());
            }
            Round::Diff { file } => {
                let round = Written::read(&file)?;
                return diff(&open(Access::Read).await?, &round).await;
            }
            Round::Apply { file } => {
                let round = Written::read(&file)?;
                apply(&open(Access::Write).await?, round).await?;
            }
            Round::Export { round } => {
                let office = open(Access::Read).await?;
                let found = office.catalogue.round(draft::round_id(&round)).await?;
                let found = found.ok_or_else(|| format!("there is no round {round}"))?;
                let file = RoundFile::of(&found, config.web.utc_offset_min).print()?;
                stdout().write_all(file.as_bytes())?;
            }
            Round::Stop { round, zh, en } => {
                let words = LocalText { zh, en };
                let id = draft::round_id(&round);
                let office = open(Access::Write).await?;
                stop_round::stop_round(&office, id, &words, &ChangedBy::command()).await?;
                println!("round {round} is stopped");
            }
            Round::Resume { round } => {
                let id = draft::round_id(&round);
                let office = open(Access::Write).await?;
                stop_round::resume_round(&office, id, &ChangedBy::command()).await?;
                println!("round {round} goes on");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A round that was read from a file and is valid.
struct Written {
    name: String,
    text: String,
    round: NewRound,
}

impl Written {
    fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = read_text(path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let file = RoundFile::parse(&text).map_err(|error| format!("{name}: {error}"))?;
        let written = Self {
            round: draft::to_round(file.draft().map_err(|error| format!("{name}: {error}"))?),
            name,
            text,
        };
        match check_round::check(&written.round) {
            Ok(()) => Ok(written),
            Err(wrong) => Err(written.point_at(wrong).into()),
        }
    }

    /// The problem, with its line.
    fn point_at(&self, wrong: check_round::InvalidRound) -> String {
        let field = wrong.field();
        let name = &self.name;
        match file::line_of(&self.text, wrong.item, &field) {
            Some(line) => format!("{name}:{line}: {wrong}"),
            None => format!("{name}: {wrong}"),
        }
    }

    fn summary(&self) -> String {
        let units: u64 = self
            .round
            .items
            .iter()
            .map(|item| u64::from(item.stock))
            .sum();
        let items = self.round.items.len();
        format!(
            "round {} with {items} items, {units} units",
            self.round.round_id
        )
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .take(MAX_FILE + 1)
            .read_to_string(&mut text)?
    } else {
        let file = std::fs::File::open(path)?;
        file.take(MAX_FILE + 1).read_to_string(&mut text)?
    };
    if read as u64 > MAX_FILE {
        return Err(std::io::Error::other("it is larger than 5 MiB"));
    }
    Ok(text)
}

async fn diff(office: &Deps, written: &Written) -> Result<ExitCode, Failure> {
    let Some(stored) = office.catalogue.round(written.round.round_id).await? else {
        println!("the shop does not have {}", written.summary());
        return Ok(ExitCode::FAILURE);
    };
    let differences =
        difference::between(&draft::of_round(&stored), &draft::of_round(&written.round))?;
    for line in &differences {
        writeln!(stdout(), "{line}")?;
    }
    Ok(match differences.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

async fn apply(office: &Deps, written: Written) -> Result<(), Failure> {
    let summary = written.summary();
    match add_coming_round(
        office,
        written.round.clone(),
        RoundState::Approved,
        &ChangedBy::command(),
    )
    .await
    {
        Ok(added) if added.state == RoundState::Submitted => {
            return Err(
                format!("the shop has {summary}; it waits for approval on /admin/rounds").into(),
            );
        }
        Ok(added) if added.state == RoundState::SentBack => {
            return Err(format!(
                "the shop has {summary}; it was sent back: a new key makes another round"
            )
            .into());
        }
        Ok(added) if added.is_new => println!("added {summary}"),
        Ok(_) => println!("unchanged: the shop has {summary}"),
        Err(AddRoundError::Invalid(wrong)) => {
            let hint = match wrong.reason {
                check_round::Reason::OtherRound => {
                    "; `server round diff` shows what differs, and a new key makes another round"
                }
                check_round::Reason::OtherProduct => {
                    "; `server round export` of a round that sells it shows how, and a new product \
                     key makes another product"
                }
                _ => "",
            };
            return Err(format!("{}{hint}", written.point_at(wrong)).into());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
