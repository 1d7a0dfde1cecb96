//! What is done at the server for somebody who lost a password or a phone.

use app::wire::{Mobile, Password};

use super::{Deps, change_password::tokens, log_ins};
use crate::engine::ports::{AccountWriter, ChangedBy, PasswordError, PortError};
use crate::security::{self, Concerned, Event};

/// Why a password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Hashing.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The ledger.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Gives the account of a number another password and ends its log-ins. The password, if there is such an account.
///
/// # Errors
/// See [`ResetError`].
pub async fn password(
    deps: &Deps,
    writer: &dyn AccountWriter,
    mobile: &Mobile,
    by: &ChangedBy,
) -> Result<Option<String>, ResetError> {
    let Some(account) = deps.accounts.by_mobile(mobile).await? else {
        return Ok(None);
    };
    let (account_id, password) = (account.account_id, deps.ids.secret());
    let parsed = Password::parse(password.clone());
    let parsed = parsed.map_err(|error| PasswordError::Failed(error.to_string()))?;
    let hash = deps.passwords.hash(parsed).await?;
    let before = tokens(deps, account_id).await?;
    let now_ms = deps.clock.now_ms();
    if !writer.reset_password(account_id, &hash, by, now_ms).await? {
        return Ok(None);
    }
    log_ins::remove_all(deps, before).await;
    // Those that began beside it, with the password before: nobody knows the new one yet.
    let late = tokens(deps, account_id).await?;
    log_ins::remove_all(deps, late).await;
    let concerned = Concerned {
        account_id: Some(account_id),
        ..Concerned::default()
    };
    security::record(Event::PasswordChanged, &concerned);
    Ok(Some(password))
}

/// Takes the second factor of a number's account away. Whether there was one.
///
/// # Errors
/// The ledger.
pub async fn second_factor(
    deps: &Deps,
    mobile: &Mobile,
    by: &ChangedBy,
) -> Result<bool, PortError> {
    let Some(account) = deps.accounts.by_mobile(mobile).await? else {
        return Ok(false);
    };
    let account_id = account.account_id;
    let removed = deps
        .factors
        .remove(account_id, Some(by), deps.clock.now_ms())
        .await?;
    if removed {
        let concerned = Concerned {
            account_id: Some(account_id),
            ..Concerned::default()
        };
        security::record(Event::SecondFactorRemoved, &concerned);
    }
    Ok(removed)
}
