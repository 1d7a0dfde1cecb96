//! Changes an account's password.

use app::wire::{AccountId, Password};

use super::{
    Deps, log_ins,
    sign_in::{Origin, SignInError, SignedIn, check_again, normalised, sign_in},
    weak_password::is_weak,
};
use crate::chain::Chain;
use crate::engine::ports::{Account, PortError, TokenHash};

/// The form field of the present password.
pub const CURRENT: &str = "current_password";

/// Changes the caller's password after checking the present one. Ends every log-in of the account,
/// including the caller's, which may have been stolen, and starts a new one.
///
/// # Errors
/// [`SignInError::Invalid`] with `current_password`, `password`, `password_long` or `password_common`.
pub async fn change_password(
    deps: &Deps,
    origin: &Origin,
    account_id: AccountId,
    current: String,
    new: String,
) -> Result<SignedIn, SignInError> {
    let new = Password::parse(normalised(&new)).map_err(SignInError::from_parse)?;
    let account = check_again(deps, origin, account_id, current, CURRENT).await?;
    if is_weak(&new, &account.mobile, &account.nickname) {
        return Err(SignInError::Invalid("password_common".to_owned()));
    }
    let new_hash = deps.passwords.hash(new).await?;
    let before = tokens(deps, account_id).await?;
    let is_changed = deps
        .accounts
        .set_password(account_id, &account.password_hash, &new_hash)
        .await?;
    if !is_changed {
        // The password was changed in the meantime.
        return Err(SignInError::Invalid(CURRENT.to_owned()));
    }
    // The ledger has forgotten these; this tells the caches. Log-ins that started since are ended too.
    let mut ended = log_ins::remove_all(deps, before).await;
    match tokens(deps, account_id).await {
        Ok(late) => ended += log_ins::remove_all(deps, late).await,
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "cannot look for log-ins that started during a password change; they end themselves");
        }
    }
    let account = Account {
        password_hash: new_hash,
        ..account
    };
    let alone = Origin {
        replaces: None,
        ..origin.clone()
    };
    let signed_in = sign_in(deps, &alone, &account).await?;
    Ok(SignedIn { ended, ..signed_in })
}

pub(super) async fn tokens(
    deps: &Deps,
    account_id: AccountId,
) -> Result<Vec<TokenHash>, PortError> {
    let records = deps.tokens.of_account(account_id).await?;
    Ok(records
        .into_iter()
        .map(|record| record.log_in.token)
        .collect())
}
