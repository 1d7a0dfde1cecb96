//! Registering, signing in and signing out.

use std::net::IpAddr;

use app::{
    port::Credentials,
    wire::{AccountId, ApiError, Me, Mobile, Nickname, Password, Role, Switch},
};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::{Deps, log_ins, second_factor, weak_password::is_weak};
use crate::engine::{
    LimitError, limit,
    ports::{
        Account, InsertAccountError, Job, Limit, Login, NewLogIn, PasswordError, PortError,
        TokenHash,
    },
};
use crate::{chain::Chain, hex};

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The caller tried too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A form field is malformed.
    #[error("`{0}` is not valid")]
    Invalid(String),
    /// No such account, or a wrong password: one answer for both. Holds the tried account, for the log.
    #[error("no such account, or a wrong password")]
    NoMatch(Option<AccountId>),
    /// The password is right, and the account has a second factor.
    #[error("the account requires a code")]
    CodeNeeded(AccountId),
    /// The code is wrong, or was used.
    #[error("the code is wrong, or was used")]
    WrongCode(AccountId),
    /// Hashing the password failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A switch has closed this to shoppers.
    #[error("switched off: {}", .0.code())]
    Closed(ApiError),
    /// A switch is set, and the password is wrong: the answer is the same as for [`Self::Closed`].
    #[error("wrong, and switched off: {}", .1.code())]
    NoMatchWhileClosed(Option<AccountId>, ApiError),
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl SignInError {
    /// Converts the wire's `parse` errors, which name the field.
    pub(super) fn from_parse(error: ApiError) -> Self {
        match error {
            ApiError::Invalid { field } => SignInError::Invalid(field),
            other => SignInError::Invalid(other.code().to_owned()),
        }
    }
}

/// Where a sign-in comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    pub ip: IpAddr,
    /// Browser and system, in words.
    pub device: String,
    /// The browser's previous token, which the new log-in replaces: the browser forgets it, and its
    /// log-in could not be ended later.
    pub replaces: Option<String>,
}

/// A new log-in: the secret goes only into the cookie.
pub struct SignedIn {
    /// The account, as its owner sees it.
    pub me: Me,
    /// The token, 32 hexadecimal digits.
    pub token: String,
    /// How many other log-ins ended because of it.
    pub ended: u64,
}

/// Switches that stop buyers from signing in.
const CLOSE_LOG_INS: [Switch; 2] = [Switch::ReadingOnly, Switch::NoLogIns];

/// Creates a buyer's account and signs in.
pub async fn register(
    deps: &Deps,
    origin: &Origin,
    mobile: &str,
    password: String,
    nickname: &str,
) -> Result<SignedIn, SignInError> {
    deps.switches
        .refuse(&CLOSE_LOG_INS)
        .map_err(SignInError::Closed)?;
    let mobile = Mobile::parse(mobile).map_err(SignInError::from_parse)?;
    let password = Password::parse(normalised(&password)).map_err(SignInError::from_parse)?;
    let nickname = Nickname::parse(nickname).map_err(SignInError::from_parse)?;
    if is_weak(&password, &mobile, nickname.as_str()) {
        return Err(SignInError::Invalid("password_common".to_owned()));
    }
    let address = limit::counted_address(origin.ip);
    limit::count(&*deps.limits, Limit::SignIn(address)).await?;
    let account = Account {
        account_id: AccountId(deps.ids.id()),
        mobile,
        nickname: nickname.as_str().to_owned(),
        role: Role::Buyer,
        banned: false,
        password_hash: deps.passwords.hash(password).await?,
        created_at_ms: deps.clock.now_ms(),
    };
    match deps.accounts.insert(&account).await {
        Ok(()) => {
            deps.wake.notify(Job::Notify);
            sign_in(deps, origin, &account).await
        }
        Err(InsertAccountError::MobileTaken) => Err(SignInError::Invalid("mobile_taken".into())),
        Err(InsertAccountError::Port(error)) => Err(error.into()),
    }
}

/// Signs in with mobile number and password, and with a code if the account has a second factor. The time taken
/// does not reveal whether the account exists.
pub async fn login(
    deps: &Deps,
    origin: &Origin,
    form: Credentials,
) -> Result<SignedIn, SignInError> {
    let Credentials {
        mobile,
        password,
        code,
    } = form;
    let mobile = Mobile::parse(&mobile).map_err(SignInError::from_parse)?;
    let passwords = as_stored(password).map_err(SignInError::from_parse)?;
    count_guess(deps, origin, &mobile).await?;
    let account = deps.accounts.by_mobile(&mobile).await?;
    let hash = account
        .as_ref()
        .map(|account| account.password_hash.clone());
    let fits = fits(deps, passwords, hash).await?;
    // Staff may sign in to reopen the shop. All others get the same answer, so that they cannot find out
    // whether a password is right.
    let account_id = account.as_ref().map(|account| account.account_id);
    let may_enter = |account: &Account| fits && account.role.is_staff();
    if !account.as_ref().is_some_and(may_enter) {
        deps.switches
            .refuse(&CLOSE_LOG_INS)
            .map_err(|closed| match fits {
                true => SignInError::Closed(closed),
                false => SignInError::NoMatchWhileClosed(account_id, closed),
            })?;
    }
    match account {
        Some(account) if fits => {
            second_factor::check(deps, account.account_id, &code).await?;
            sign_in(deps, origin, &account).await
        }
        other => Err(SignInError::NoMatch(
            other.map(|account| account.account_id),
        )),
    }
}

/// Counts a password guess against the address and against the account.
async fn count_guess(deps: &Deps, origin: &Origin, mobile: &Mobile) -> Result<(), LimitError> {
    let address = limit::counted_address(origin.ip);
    limit::count(&*deps.limits, Limit::SignIn(address)).await?;
    let to_account = Limit::Account(mobile.as_str().to_owned());
    limit::count(&*deps.limits, to_account).await
}

/// Returns the account if the password is right, for a signed-in caller who repeats it. Guesses count
/// like those at sign-in.
///
/// # Errors
/// [`SignInError::Invalid`] with `field` for a wrong password.
pub(in crate::engine) async fn check_again(
    deps: &Deps,
    origin: &Origin,
    account_id: AccountId,
    password: String,
    field: &str,
) -> Result<Account, SignInError> {
    let account = deps.accounts.by_id(account_id).await?;
    let account = account.ok_or(SignInError::NoMatch(None))?;
    count_guess(deps, origin, &account.mobile).await?;
    let passwords = as_stored(password).unwrap_or_default();
    let hash = Some(account.password_hash.clone());
    match fits(deps, passwords, hash).await? {
        true => Ok(account),
        false => Err(SignInError::Invalid(field.to_owned())),
    }
}

/// Whether one of these passwords matches the hash.
async fn fits(
    deps: &Deps,
    passwords: Vec<Password>,
    hash: Option<String>,
) -> Result<bool, PasswordError> {
    let mut fits = false;
    for password in passwords {
        fits = fits || deps.passwords.verify(password, hash.clone()).await?;
    }
    Ok(fits)
}

/// Normalises a password (NFKC), so that keyboards that differ in accents or in half and full width
/// give the same result.
pub(super) fn normalised(password: &str) -> String {
    password.nfkc().collect()
}

/// The forms in which the password may be stored: normalised, and as typed (accounts of an earlier
/// version). One form, if both are the same.
fn as_stored(typed: String) -> Result<Vec<Password>, ApiError> {
    let forms = [Password::parse(normalised(&typed)), Password::parse(typed)];
    let [Err(error), Err(_)] = &forms else {
        let mut forms: Vec<_> = forms.into_iter().flatten().collect();
        forms.dedup();
        return Ok(forms);
    };
    Err(error.clone())
}

/// Starts a log-in of `account`, whose password was right.
///
/// A concurrent password change ends all existing log-ins, and a log-in with the old password must not
/// survive it. So the account is read again once its log-in is stored.
pub(super) async fn sign_in(
    deps: &Deps,
    origin: &Origin,
    account: &Account,
) -> Result<SignedIn, SignInError> {
    let token = deps.ids.secret();
    let (hash, account_id) = (token_hash(&token), account.account_id);
    let now_ms = deps.clock.now_ms();
    let log_in = NewLogIn {
        token: hash.clone(),
        account_id,
        signed_in_at_ms: now_ms,
        expires_at_ms: now_ms + deps.rules.login_life_ms,
        max_expires_at_ms: now_ms + deps.rules.login_life_max_ms,
        ip: origin.ip.to_string(),
        device: origin.device.clone(),
    };
    deps.tokens.insert(&log_in).await?;
    let present = deps.accounts.by_id(account_id).await?;
    if present.is_none_or(|present| present.password_hash != account.password_hash) {
        deps.tokens.remove(&hash).await?;
        return Err(SignInError::NoMatch(Some(account_id)));
    }
    Ok(SignedIn {
        me: account.me(),
        token,
        ended: log_ins::make_room(deps, account_id, origin.replaces.as_deref()).await,
    })
}

/// A log-in is extended at most once in this time: saves a write per request.
const SLIDE_AFTER_MS: i64 = 60_000;

/// The log-in of a token; extends its expiry.
pub async fn authenticate(deps: &Deps, token: &str) -> Result<Option<Login>, PortError> {
    let hash = token_hash(token);
    let now_ms = deps.clock.now_ms();
    let Some(login) = deps.tokens.get(&hash).await? else {
        return Ok(None);
    };
    if now_ms >= login.expires_at_ms {
        return Ok(None);
    }
    let slid_ms = (now_ms + deps.rules.login_life_ms).min(login.max_expires_at_ms);
    if slid_ms - login.expires_at_ms >= SLIDE_AFTER_MS
        && let Err(error) = deps.tokens.touch(&hash, now_ms, slid_ms).await
    {
        // The next use extends it.
        tracing::warn!(error = %Chain(&error), "cannot extend a log-in; its earlier expiry stays");
    }
    Ok(Some(login))
}

/// Removes a log-in.
pub async fn logout(deps: &Deps, token: &str) -> Result<(), PortError> {
    deps.tokens.remove(&token_hash(token)).await
}

/// The hash of a token, as stored.
pub fn token_hash(token: &str) -> TokenHash {
    TokenHash(hex::digits(&Sha256::digest(token.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(typed: &str) -> Vec<String> {
        let forms = as_stored(typed.to_owned()).unwrap_or_default();
        forms.iter().map(|form| form.expose().to_owned()).collect()
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard_and_older_ones_match_as_typed() {
        assert_eq!(forms("correct horse"), ["correct horse"]);
        assert_eq!(
            forms("cafe\u{301} creme"),
            ["caf\u{e9} creme", "cafe\u{301} creme"]
        );
        assert_eq!(forms("\u{ff50}assword"), ["password", "\u{ff50}assword"]);
        // Eight characters as they were typed, four in the normal form.
        assert_eq!(
            forms("\u{ff76}\u{ff9e}\u{ff77}\u{ff9e}\u{ff78}\u{ff9e}\u{ff79}\u{ff9e}").len(),
            1
        );
        assert_eq!(forms("short"), [""; 0]);
    }
}
