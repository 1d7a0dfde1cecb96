//! Another password for an account.

use app::wire::{AccountId, Password};

use super::{
    Deps, log_ins,
    sign_in::{Origin, SignInError, SignedIn, check_again, normalised, sign_in},
    weak_password::is_weak,
};
use crate::chain::Chain;
use crate::engine::ports::{Account, PortError, TokenHash};

/// The field of the present password.
pub const CURRENT: &str = "current_password";

/// Changes the password of the caller, who says the present one, ends every log-in of the account, the
/// caller's too, and begins a new one: whoever has stolen a log-in may have stolen the caller's own.
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
        // Somebody else has changed it meanwhile.
        return Err(SignInError::Invalid(CURRENT.to_owned()));
    }
    // The ledger has none of them any more; caches are told. Those that began beside the change are new.
    let mut ended = log_ins::remove_all(deps, before).await;
    match tokens(deps, account_id).await {
        Ok(late) => ended += log_ins::remove_all(deps, late).await,
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "cannot look for log-ins that began beside a change of password; they end themselves");
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
