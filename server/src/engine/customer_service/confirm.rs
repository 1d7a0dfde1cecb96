//! The password again, before a step that cannot be taken back: a computer may stand unlocked.

use app::wire::AccountId;

use super::{ChangeError, Deps};
use crate::engine::{accounts::sign_in::password_fits, limit, ports::Limit};

/// Checks the caller's own password. Tries count as attempts to sign in to the account.
///
/// # Errors
/// See [`ChangeError`].
pub async fn confirm(
    deps: &Deps,
    account_id: AccountId,
    password: String,
) -> Result<(), ChangeError> {
    let account = deps.accounts.by_id(account_id).await?;
    let account = account.ok_or(ChangeError::WrongPassword)?;
    let to_account = Limit::Account(account.mobile.as_str().to_owned());
    limit::count(&*deps.limits, to_account).await?;
    match password_fits(&*deps.passwords, password, account.password_hash).await? {
        true => Ok(()),
        false => Err(ChangeError::WrongPassword),
    }
}
