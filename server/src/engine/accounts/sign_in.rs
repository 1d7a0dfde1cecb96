//! Accounts and log-ins.

use std::net::IpAddr;

use app::wire::{AccountId, ApiError, Me, Mobile, Nickname, Password, Role};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::Deps;
use crate::chain::Chain;
use crate::engine::{
    LimitError, limit,
    ports::{
        Account, InsertAccountError, Job, Limit, Login, PasswordError, Passwords, PortError,
        TokenHash,
    },
};

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A field of the form is malformed.
    #[error("`{0}` is not valid")]
    Invalid(String),
    /// No such account, or another password: one answer for both.
    #[error("no such account, or another password")]
    NoMatch,
    /// Hashing.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The ledger.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl SignInError {
    /// `parse` functions of the wire name the field.
    fn from_parse(error: ApiError) -> Self {
        match error {
            ApiError::Invalid { field } => SignInError::Invalid(field),
            other => SignInError::Invalid(other.code().to_owned()),
        }
    }
}

/// A fresh log-in: the secret goes into the cookie and nowhere else.
pub struct SignedIn {
    /// Whose.
    pub me: Me,
    /// 32 hexadecimal digits.
    pub token: String,
}

/// Makes a buyer's account and signs it in.
pub async fn register(
    deps: &Deps,
    ip: IpAddr,
    mobile: &str,
    password: String,
    nickname: &str,
) -> Result<SignedIn, SignInError> {
    let mobile = Mobile::parse(mobile).map_err(SignInError::from_parse)?;
    let password = Password::parse(normalised(&password)).map_err(SignInError::from_parse)?;
    let nickname = Nickname::parse(nickname).map_err(SignInError::from_parse)?;
    limit::count(&*deps.limits, Limit::SignIn(limit::counted_address(ip))).await?;
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
            sign_in(deps, &account).await
        }
        Err(InsertAccountError::MobileTaken) => Err(SignInError::Invalid("mobile_taken".into())),
        Err(InsertAccountError::Port(error)) => Err(error.into()),
    }
}

/// Signs in with mobile number and password. The time it takes does not tell whether the account
/// exists.
pub async fn login(
    deps: &Deps,
    ip: IpAddr,
    mobile: &str,
    password: String,
) -> Result<SignedIn, SignInError> {
    let mobile = Mobile::parse(mobile).map_err(SignInError::from_parse)?;
    let passwords = as_stored(password).map_err(SignInError::from_parse)?;
    limit::count(&*deps.limits, Limit::SignIn(limit::counted_address(ip))).await?;
    let to_account = Limit::Account(mobile.as_str().to_owned());
    limit::count(&*deps.limits, to_account).await?;
    let account = deps.accounts.by_mobile(&mobile).await?;
    let hash = account
        .as_ref()
        .map(|account| account.password_hash.clone());
    let fits = one_fits(&*deps.passwords, passwords, hash).await?;
    match account.filter(|_| fits) {
        Some(account) => sign_in(deps, &account).await,
        None => Err(SignInError::NoMatch),
    }
}

/// Whether a password is that of an account with this hash.
///
/// # Errors
/// Hashing. A password that nobody can have is not that of the account.
pub async fn password_fits(
    passwords: &dyn Passwords,
    typed: String,
    hash: String,
) -> Result<bool, PasswordError> {
    match as_stored(typed) {
        Ok(forms) => one_fits(passwords, forms, Some(hash)).await,
        Err(_) => Ok(false),
    }
}

async fn one_fits(
    passwords: &dyn Passwords,
    forms: Vec<Password>,
    hash: Option<String>,
) -> Result<bool, PasswordError> {
    let mut fits = false;
    for password in forms {
        fits = fits || passwords.verify(password, hash.clone()).await?;
    }
    Ok(fits)
}

/// A password in one form (NFKC), whichever keyboard it was typed on: with accents in one character or
/// two, in half or full width.
fn normalised(password: &str) -> String {
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

async fn sign_in(deps: &Deps, account: &Account) -> Result<SignedIn, SignInError> {
    let token = deps.ids.secret();
    let now_ms = deps.clock.now_ms();
    let expires_at_ms = now_ms + deps.rules.login_life_ms;
    let max_expires_at_ms = now_ms + deps.rules.login_life_max_ms;
    deps.tokens
        .insert(
            &token_hash(&token),
            account.account_id,
            expires_at_ms,
            max_expires_at_ms,
        )
        .await?;
    Ok(SignedIn {
        me: account.me(),
        token,
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
        && let Err(error) = deps.tokens.touch(&hash, slid_ms).await
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
    let digest = Sha256::digest(token.as_bytes());
    TokenHash(digest.iter().map(|byte| format!("{byte:02x}")).collect())
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
