//! Lists and ends an account's log-ins. Ending one requires the password, so that a thief of a log-in
//! cannot sign the owner out.

use app::wire::{AccountId, LogIn};

use super::{
    Deps,
    sign_in::{Origin, SignInError, check_again, token_hash},
};
use crate::chain::Chain;
use crate::engine::ports::{LogInRecord, PortError, TokenHash};

/// Most log-ins of an account. One more ends the oldest, so that a program that signs in again and
/// again cannot fill the ledger.
pub const MOST: usize = 50;

/// Digits of the token's hash that identify a log-in: enough to distinguish log-ins, and useless to a
/// thief.
const ID_DIGITS: usize = 16;

/// The account's log-ins that have not expired, newest first. `token` is the caller's.
pub async fn list(
    deps: &Deps,
    account_id: AccountId,
    token: Option<&str>,
) -> Result<Vec<LogIn>, PortError> {
    let current = token.map(token_hash);
    let records = living(deps, account_id).await?;
    let shown = records.into_iter().map(|record| LogIn {
        log_in_id: id(&record.log_in.token).to_owned(),
        is_current: current.as_ref() == Some(&record.log_in.token),
        signed_in_at_ms: known(record.log_in.signed_in_at_ms),
        used_at_ms: known(record.used_at_ms),
        device: record.log_in.device,
        ip: record.log_in.ip,
    });
    Ok(shown.collect())
}

/// The error's field for a wrong password.
pub const WRONG: &str = "password_wrong";

/// Ends the account's log-in with this id. Returns whether there was one.
///
/// # Errors
/// [`SignInError::Invalid`] with [`WRONG`].
pub async fn end(
    deps: &Deps,
    origin: &Origin,
    account_id: AccountId,
    log_in_id: &str,
    password: String,
) -> Result<bool, SignInError> {
    check_again(deps, origin, account_id, password, WRONG).await?;
    let records = deps.tokens.of_account(account_id).await?;
    let found = records
        .iter()
        .find(|record| id(&record.log_in.token) == log_in_id);
    match found {
        Some(record) => deps.tokens.remove(&record.log_in.token).await?,
        None => return Ok(false),
    }
    Ok(true)
}

/// Ends the account's log-ins except the one with `token`. Returns how many.
///
/// # Errors
/// [`SignInError::Invalid`] with [`WRONG`].
pub async fn end_others(
    deps: &Deps,
    origin: &Origin,
    account_id: AccountId,
    token: Option<&str>,
    password: String,
) -> Result<u64, SignInError> {
    check_again(deps, origin, account_id, password, WRONG).await?;
    Ok(remove_others(deps, account_id, token).await?)
}

/// Ends the same log-ins without asking for the password.
pub(super) async fn remove_others(
    deps: &Deps,
    account_id: AccountId,
    token: Option<&str>,
) -> Result<u64, PortError> {
    let kept = token.map(token_hash);
    let mut ended = 0;
    for record in living(deps, account_id).await? {
        if kept.as_ref() != Some(&record.log_in.token) {
            deps.tokens.remove(&record.log_in.token).await?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// After a new log-in: ends the one that it replaces, and the oldest ones of an account that has too
/// many. Returns how many. The new log-in is valid even if this fails.
pub(super) async fn make_room(deps: &Deps, account_id: AccountId, replaces: Option<&str>) -> u64 {
    let mut to_end: Vec<_> = replaces.map(token_hash).into_iter().collect();
    match deps.tokens.of_account(account_id).await {
        Ok(records) => {
            let oldest = records.into_iter().skip(MOST);
            to_end.extend(oldest.map(|record| record.log_in.token));
        }
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "cannot count an account's log-ins; the next one counts them");
        }
    }
    remove_all(deps, to_end).await
}

/// Ends log-ins and returns how many; logs those that it cannot end now.
pub(super) async fn remove_all(deps: &Deps, tokens: Vec<TokenHash>) -> u64 {
    let mut ended = 0;
    for token in tokens {
        match deps.tokens.remove(&token).await {
            Ok(()) => ended += 1,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "cannot end a log-in; it lasts until it expires or its owner ends it");
            }
        }
    }
    ended
}

async fn living(deps: &Deps, account_id: AccountId) -> Result<Vec<LogInRecord>, PortError> {
    let now_ms = deps.clock.now_ms();
    let mut records = deps.tokens.of_account(account_id).await?;
    records.retain(|record| now_ms < record.log_in.expires_at_ms);
    Ok(records)
}

fn id(TokenHash(hash): &TokenHash) -> &str {
    hash.get(..ID_DIGITS).unwrap_or(hash)
}

/// `None` for log-ins that an earlier version stored.
fn known(at_ms: i64) -> Option<i64> {
    (at_ms > 0).then_some(at_ms)
}
