//! Adds accounts without registration: staff, and buyers for a load test.

use app::wire::{AccountId, Mobile, Nickname, Password, Role};

use super::Deps;
use crate::engine::{
    accounts::{sign_in::token_hash, weak_password::is_weak},
    ports::{Account, ChangedBy, InsertAccountError, PasswordError, PortError},
};
use crate::security::{self, Concerned, Event};

/// Why accounts were not added.
#[derive(Debug, thiserror::Error)]
pub enum AddAccountsError {
    /// More than [`MAX_BUYERS`].
    #[error("at most {MAX_BUYERS} buyers can be added")]
    TooMany,
    /// The password is too easy to guess.
    #[error("the password is a common one, or close to the number or the name")]
    WeakPassword,
    /// All mobile numbers reserved for load buyers are used up.
    #[error("there are more accounts than load buyers have mobile numbers")]
    NoNumbers,
    /// The number already has an account.
    #[error(transparent)]
    Insert(#[from] InsertAccountError),
    /// Hashing the password failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// An account to create.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub mobile: Mobile,
    pub nickname: Nickname,
    pub role: Role,
    pub password: Password,
}

/// The most buyers that are added at once.
const MAX_BUYERS: u32 = 1_000_000;
/// Log-ins of load buyers expire after this time.
const LOG_IN_LIFE_MS: i64 = 2 * 24 * 3_600_000;

/// Adds accounts.
///
/// # Errors
/// See [`AddAccountsError`]. Some may have been added, a thousand at a time.
pub async fn add_accounts(
    deps: &Deps,
    people: Vec<NewAccount>,
    by: &ChangedBy,
) -> Result<(), AddAccountsError> {
    let created_at_ms = deps.clock.now_ms();
    let mut accounts = Vec::new();
    for person in people {
        if is_weak(&person.password, &person.mobile, person.nickname.as_str()) {
            return Err(AddAccountsError::WeakPassword);
        }
        accounts.push(Account {
            account_id: AccountId(deps.ids.id()),
            mobile: person.mobile,
            nickname: person.nickname.as_str().to_owned(),
            role: person.role,
            banned: false,
            password_hash: deps.passwords.hash(person.password).await?,
            created_at_ms,
        });
    }
    deps.accounts.add_accounts(&accounts, by).await?;
    for account in accounts.iter().filter(|account| account.role.is_staff()) {
        let concerned = Concerned {
            account_id: Some(account.account_id),
            role: Some(account.role.name()),
            ..Concerned::default()
        };
        security::record(Event::RightsGiven, &concerned);
    }
    Ok(())
}

/// Adds signed-in buyers who share one random password that is never shown: hashing one for each
/// would take an hour. Returns their tokens, in order.
///
/// # Errors
/// See [`AddAccountsError`]. Some may have been added, a thousand at a time.
pub async fn add_load_buyers(deps: &Deps, buyers: u32) -> Result<Vec<String>, AddAccountsError> {
    if buyers > MAX_BUYERS {
        return Err(AddAccountsError::TooMany);
    }
    let created_at_ms = deps.clock.now_ms();
    let password = Password::parse(deps.ids.secret());
    let password = password.map_err(|error| PasswordError::Failed(error.to_string()))?;
    let password_hash = deps.passwords.hash(password).await?;
    let first = deps.accounts.count().await?;
    let (mut accounts, mut log_ins, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
    for number in first..first + u64::from(buyers) {
        let account_id = AccountId(deps.ids.id());
        let token = deps.ids.secret();
        log_ins.push((token_hash(&token), account_id));
        tokens.push(token);
        // A range with few real users.
        let mobile = Mobile::parse(&format!("19{number:09}"));
        accounts.push(Account {
            account_id,
            mobile: mobile.map_err(|_| AddAccountsError::NoNumbers)?,
            nickname: format!("buyer {number}"),
            role: Role::Buyer,
            banned: false,
            password_hash: password_hash.clone(),
            created_at_ms,
        });
    }
    let by = ChangedBy::command();
    deps.accounts.add_accounts(&accounts, &by).await?;
    let expires_at_ms = created_at_ms + LOG_IN_LIFE_MS;
    deps.accounts.add_log_ins(&log_ins, expires_at_ms).await?;
    Ok(tokens)
}
