//! `server switch`: closes a part of the shop for a while, and opens it again.

use app::wire::Switch;
use clap::Subcommand;

use super::{Failure, in_words};
use crate::{
    adapters::{sql::Access, system::SystemClock},
    assembly,
    config::Config,
    engine::{
        ports::{ChangedBy, Clock as _, Switches as _},
        switches::set,
    },
    telemetry::log,
};

#[derive(Subcommand)]
pub enum SwitchCommand {
    /// List the switches that are set.
    List,
    /// Set one for a while: `captcha_off`, `queue_only`, `no_log_ins` or `reading_only`.
    Set {
        /// The switch.
        #[arg(value_parser = parsed)]
        switch: Switch,
        /// For this many minutes, at most a day.
        #[arg(long)]
        minutes: u32,
        /// The reason, for staff.
        #[arg(long)]
        reason: String,
    },
    /// Clear one before it ends by itself.
    Clear {
        /// The switch.
        #[arg(value_parser = parsed)]
        switch: Switch,
    },
}

fn parsed(code: &str) -> Result<Switch, String> {
    let known = Switch::ALL.map(Switch::code).join(", ");
    code.parse()
        .map_err(|_| format!("there is no such switch; there are {known}"))
}

impl SwitchCommand {
    /// Runs the command beside a running shop, whose instances follow within two seconds.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        log::init_on_stderr(&config.process.log, config.process.log_format)?;
        let access = match self {
            SwitchCommand::List => Access::Read,
            SwitchCommand::Set { .. } | SwitchCommand::Clear { .. } => Access::Write,
        };
        let ledger = assembly::open_ledger(config, access).await?;
        match self {
            SwitchCommand::List => {
                let now_ms = SystemClock.now_ms();
                let mut set = ledger.all().await?;
                set.retain(|set| now_ms < set.ends_at_ms);
                set.sort_by_key(|set| set.switch);
                for set in set {
                    let until = in_words(set.ends_at_ms);
                    let (code, who) = (set.switch.code(), set.set_by_name);
                    println!("{code:<12} until {until} by {who}: {}", set.reason);
                }
            }
            SwitchCommand::Set {
                switch,
                minutes,
                reason,
            } => {
                let by = ChangedBy {
                    reason: Some(reason),
                    ..ChangedBy::command()
                };
                let set = set::set(&ledger, &SystemClock, switch, minutes, &by).await?;
                println!(
                    "{} is set until {}",
                    switch.code(),
                    in_words(set.ends_at_ms)
                );
            }
            SwitchCommand::Clear { switch } => {
                let by = ChangedBy::command();
                let words = match set::clear(&ledger, &SystemClock, switch, &by).await? {
                    true => "is cleared",
                    false => "was not set",
                };
                println!("{} {words}", switch.code());
            }
        }
        Ok(())
    }
}
