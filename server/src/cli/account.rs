//! `server account`: staff accounts.

use std::io::{Write as _, stdout};

use app::wire::{Mobile, Nickname, Password, Role};
use clap::{Subcommand, ValueEnum};

use super::{Failure, audit::beside_a_shop};
use crate::{
    adapters::sql::Access,
    assembly,
    config::Config,
    engine::{
        accounts::reset,
        back_office::add_accounts::{NewAccount, add_accounts},
        ports::{AccountWriter as _, ChangedBy, SecondFactors as _},
    },
    telemetry::log,
};

#[derive(Subcommand)]
pub enum Account {
    /// Add an account and print its password, once.
    Add {
        /// The mobile number used to sign in.
        mobile: String,
        /// The name shown on pages.
        nickname: String,
        /// The account's role.
        #[arg(long, value_enum)]
        role: StaffRole,
    },
    /// List all staff accounts.
    List,
    /// Give an account a new password, print it once, and end all its log-ins.
    ResetPassword {
        /// The mobile number used to sign in.
        mobile: String,
    },
    /// Remove an account's second factor, when its phone and recovery codes are lost.
    ResetSecondFactor {
        /// The mobile number used to sign in.
        mobile: String,
    },
}

/// Roles that registration does not give.
#[derive(Clone, Copy, ValueEnum)]
pub enum StaffRole {
    /// Prepares, stops and resumes rounds, gives money back.
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
        log::init_on_stderr(&config.process.log, config.process.log_format)?;
        match self {
            Account::Add {
                mobile,
                nickname,
                role,
            } => add(config, &mobile, &nickname, role).await,
            Account::List => list(config).await,
            Account::ResetPassword { mobile } => reset_password(config, &mobile).await,
            Account::ResetSecondFactor { mobile } => reset_second_factor(config, &mobile).await,
        }
    }
}

fn parsed(mobile: &str) -> Result<Mobile, Failure> {
    Mobile::parse(mobile).map_err(|_| "that is no mobile number of 11 digits".into())
}

async fn add(
    config: &Config,
    mobile: &str,
    nickname: &str,
    role: StaffRole,
) -> Result<(), Failure> {
    let office = assembly::open_back_office(config, Access::Write).await?;
    let password = office.ids.secret();
    let account = NewAccount {
        mobile: parsed(mobile)?,
        nickname: Nickname::parse(nickname)
            .map_err(|_| "that is no nickname: it has 1 to 24 characters")?,
        role: role.into(),
        password: Password::parse(password.clone())?,
    };
    add_accounts(&office, vec![account], &ChangedBy::command()).await?;
    print_password(&password)
}

/// The password is printed nowhere else.
fn print_password(password: &str) -> Result<(), Failure> {
    writeln!(stdout(), "{password}")
        .map_err(|error| format!("it is done, but the password is lost: {error}").into())
}

async fn list(config: &Config) -> Result<(), Failure> {
    let ledger = assembly::open_ledger(config, Access::Read).await?;
    for account in ledger.staff().await? {
        let factor = ledger.second_factor(account.account_id).await?;
        let has_factor = factor.is_some_and(|factor| factor.set_at_ms.is_some());
        println!(
            "{:<9} {} {} {}{}",
            account.role.name(),
            account.mobile.as_str(),
            if has_factor { "two steps" } else { "password " },
            account.nickname,
            if account.banned { " (banned)" } else { "" },
        );
    }
    Ok(())
}

async fn reset_password(config: &Config, mobile: &str) -> Result<(), Failure> {
    let mobile = parsed(mobile)?;
    let shop = assembly::assemble(config, beside_a_shop(config, Access::Write)?).await?;
    let by = ChangedBy::command();
    match reset::password(&shop.engine.accounts, &shop.sql, &mobile, &by).await? {
        Some(password) => print_password(&password),
        None => Err(no_account()),
    }
}

async fn reset_second_factor(config: &Config, mobile: &str) -> Result<(), Failure> {
    let mobile = parsed(mobile)?;
    let shop = assembly::assemble(config, beside_a_shop(config, Access::Write)?).await?;
    match reset::second_factor(&shop.engine.accounts, &mobile, &ChangedBy::command()).await? {
        true => println!("the account is signed in to with its password alone"),
        false => return Err("there is no account of this number with a second factor".into()),
    }
    Ok(())
}

fn no_account() -> Failure {
    "there is no account of this number".into()
}
