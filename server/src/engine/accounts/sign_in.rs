//! Accounts and log-ins.

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

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A field of the form is malformed.
    #[error("`{0}` is not valid")]
    Invalid(String),
    /// No such account, or another password: one answer for both. Whose password was tried, for the log.
    #[error("no such account, or another password")]
    NoMatch(Option<AccountId>),
    /// Number and password fit, and the account has a second factor.
    #[error("the account asks for a code")]
    CodeNeeded(AccountId),
    /// A code that is wrong, or was used.
    #[error("the code is wrong, or was used")]
    WrongCode(AccountId),
    /// Hashing.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A switch keeps shoppers from it.
    #[error("switched off: {}", .0.code())]
    Closed(ApiError),
    /// The same, where password and account do not fit: whoever tried hears no more than the others.
    #[error("wrong, and switched off: {}", .1.code())]
    NoMatchWhileClosed(Option<AccountId>, ApiError),
    /// The ledger.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl SignInError {
    /// `parse` functions of the wire name the field.
    pub(super) fn from_parse(error: ApiError) -> Self {
        match error {
            ApiError::Invalid { field } => SignInError::Invalid(field),
            other => SignInError::Invalid(other.code().to_owned()),
        }
    }
}

/// Where somebody signs in from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The address.
    pub ip: IpAddr,
    /// Browser and system in words.
    pub device: String,
    /// The token of the log-in that the new one takes the place of: a browser that signs in again forgets
    /// it, and nobody could end it any more.
    pub replaces: Option<String>,
}

/// A fresh log-in: the secret goes into the cookie and nowhere else.
pub struct SignedIn {
    /// Whose.
    pub me: Me,
    /// 32 hexadecimal digits.
    pub token: String,
    /// How many other log-ins were ended by it.
    pub ended: u64,
}

/// What keeps buyers from signing in.
const CLOSE_LOG_INS: [Switch; 2] = [Switch::ReadingOnly, Switch::NoLogIns];

/// Makes a buyer's account and signs it in.
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

/// Signs in with mobile number and password, and with a code where the account has a second factor. The time it
/// takes does not tell whether the account exists.
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
    // Whoever runs the shop may come in to open it again. All others hear the same, whatever they typed:
    // whether a password is right is no answer while nobody is let in.
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

/// Counts a password that is tried, against the address and against the account.
async fn count_guess(deps: &Deps, origin: &Origin, mobile: &Mobile) -> Result<(), LimitError> {
    let address = limit::counted_address(origin.ip);
    limit::count(&*deps.limits, Limit::SignIn(address)).await?;
    let to_account = Limit::Account(mobile.as_str().to_owned());
    limit::count(&*deps.limits, to_account).await
}

/// The account, when this is its password: somebody who is signed in says it again. Guesses count like
/// those of somebody who signs in.
///
/// # Errors
/// [`SignInError::Invalid`] with `field` for another password.
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

/// Whether one of these is the password with this hash.
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

/// A password in one form (NFKC), whichever keyboard it was typed on: with accents in one character or
/// two, in half or full width.
pub(super) fn normalised(password: &str) -> String {
    password.nfkc().collect()
}

/// The forms in which an account may have this password: normalised, and as it was typed, which accounts
/// of an earlier version have. One, when they are the same.
fn as_stored(typed: String) -> Result<Vec<Password>, ApiError> {
    let forms = [Password::parse(normalised(&typed)), Password::parse(typed)];
    let [Err(error), Err(_)] = &forms else {
        let mut forms: Vec<_> = forms.into_iter().flatten().collect();
        forms.dedup();
        return Ok(forms);
    };
    Err(error.clone())
}

/// Begins a log-in of `account`, whose password was right.
///
/// The password may be changed meanwhile, which ends all log-ins that there are: one that begins with the
/// password before must not outlive that. So the account is looked at again once its log-in is there.
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

/// Used for at least this long before a log-in is slid forward: spares a write per request.
const SLIDE_AFTER_MS: i64 = 60_000;

/// The log-in behind a token, slid forward.
pub async fn who_is(deps: &Deps, token: &str) -> Result<Option<Login>, PortError> {
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
        // It slides at the next use.
        tracing::warn!(error = %Chain(&error), "cannot extend a log-in; it expires as it was");
    }
    Ok(Some(login))
}

/// Forgets a log-in.
pub async fn logout(deps: &Deps, token: &str) -> Result<(), PortError> {
    deps.tokens.remove(&token_hash(token)).await
}

/// What is stored of a token.
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
    fn a_password_is_one_password_on_every_keyboard_and_an_older_one_as_it_was_typed() {
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
