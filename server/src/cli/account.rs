//! `server account`: people who run the shop.

use std::io::{Write as _, stdout};

use app::wire::{Mobile, Nickname, Password, Role};
use clap::{Subcommand, ValueEnum};

use super::Failure;
use crate::{
    adapters::sql::Access,
    assembly,
    config::Config,
    engine::{
        back_office::add_accounts::{NewAccount, add_accounts},
        ports::ChangedBy,
    },
    telemetry::log,
};

#[derive(Subcommand)]
pub enum Account {
    /// Add an account and print its password, once.
    Add {
        /// The mobile number that it signs in with.
        mobile: String,
        /// The name that pages show.
        nickname: String,
        /// What it may do.
        #[arg(long, value_enum)]
        role: StaffRole,
    },
}

/// Roles that nobody registers for.
#[derive(Clone, Copy, ValueEnum)]
pub enum StaffRole {
    /// Prepares rounds, stops them and lets them go on, gives money back.
    Operator,
    /// Approves rounds, or sends them back.
    Reviewer,
    /// Helps buyers with their orders.
    Support,
    /// Reads everything, changes nothing.
    Auditor,
    /// Does everything.
    Admin,
}

impl From<StaffRole> for Role {
    fn from(role: StaffRole) -> Self {
        match role {
            StaffRole::Operator => Role::Operator,
            StaffRole::Reviewer => Role::Reviewer,
            StaffRole::Support => Role::Support,
            StaffRole::Auditor => Role::Auditor,
            StaffRole::Admin => Role::Admin,
        }
    }
}

impl Account {
    /// Runs the command, beside a running shop or without one.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let Account::Add {
            mobile,
            nickname,
            role,
        } = self;
        log::init_on_stderr(&config.process.log, config.process.log_format)?;
        let office = assembly::open_back_office(config, Access::Write).await?;
        let password = office.ids.secret();
        let account = NewAccount {
            mobile: Mobile::parse(&mobile).map_err(|_| "that is no mobile number of 11 digits")?,
            nickname: Nickname::parse(&nickname)
                .map_err(|_| "that is no nickname: it has 1 to 24 characters")?,
            role: role.into(),
            password: Password::parse(password.clone())?,
        };
        add_accounts(&office, vec![account], &ChangedBy::command()).await?;
        writeln!(stdout(), "{password}")
            .map_err(|error| format!("the account is there, but its password is lost: {error}"))?;
        Ok(())
    }
}
