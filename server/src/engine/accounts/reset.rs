//! Resets a lost password or second factor from the server's command line.

use app::wire::{Mobile, Password};

use super::{Deps, change_password::tokens, log_ins};
use crate::engine::ports::{AccountWriter, ChangedBy, PasswordError, PortError};
use crate::security::{self, Concerned, Event};

/// Why a password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Hashing the password failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Sets a new password for the account with this number and ends its log-ins. `None`: no such account.
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
    // Log-ins that started at the same time with the old password: the new one is still unknown.
    let late = tokens(deps, account_id).await?;
    log_ins::remove_all(deps, late).await;
    let concerned = Concerned {
        account_id: Some(account_id),
        ..Concerned::default()
    };
    security::record(Event::PasswordChanged, &concerned);
    Ok(Some(password))
}

/// Removes the second factor of the account with this number. Returns whether there was one.
///
/// # Errors
/// If the ledger fails.
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
