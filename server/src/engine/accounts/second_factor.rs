//! Second factors: time-based codes (RFC 6238: SHA-1, six digits, thirty seconds), recovery codes.

use app::wire::{AccountId, SecondFactor, SecondFactorSetup};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use totp_rs::{Algorithm, TOTP};
use unicode_normalization::UnicodeNormalization as _;

use super::{
    Deps, log_ins,
    sign_in::{Origin, SignInError, check_again, token_hash},
};
use crate::engine::{
    limit,
    ports::{FactorSecret, Ids, Limit, PortError, StoredFactor},
};

/// A code is valid in its time step, the one before and the one after: clocks differ, and typing takes time.
const STEP_MS: i64 = 30_000;
/// An unconfirmed factor expires after this time.
const PENDING_MS: i64 = 15 * 60_000;
/// Recovery codes of an account.
const RECOVERY_CODES: u32 = 10;
/// Characters of a recovery code: 80 bits.
const RECOVERY_CHARACTERS: usize = 16;
/// Base32, the alphabet of authenticator apps.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The error's field when a factor is already in effect.
const IN_EFFECT: &str = "second_factor";

/// The account's second factor. An unconfirmed secret is shown only to the log-in that began it.
///
/// # Errors
/// If the ledger fails.
pub async fn state(
    deps: &Deps,
    account_id: AccountId,
    token: Option<&str>,
) -> Result<SecondFactor, SignInError> {
    let Some(stored) = deps.factors.second_factor(account_id).await? else {
        return Ok(SecondFactor::default());
    };
    if stored.set_at_ms.is_some() {
        return Ok(SecondFactor {
            set_at_ms: stored.set_at_ms,
            recovery_codes_left: RECOVERY_CODES
                - stored.used_codes.count_ones().min(RECOVERY_CODES),
            pending: None,
        });
    }
    let pending = match is_pending(&stored, deps.clock.now_ms()) && is_of(&stored, token) {
        true => Some(setup(deps, account_id, &stored.secret).await?),
        false => None,
    };
    Ok(SecondFactor {
        pending,
        ..SecondFactor::default()
    })
}

/// Makes a secret. It takes effect when it is confirmed.
///
/// # Errors
/// [`SignInError::Invalid`] with `password_wrong`, or with `second_factor` if one is in effect.
pub async fn begin(
    deps: &Deps,
    origin: &Origin,
    account_id: AccountId,
    password: String,
) -> Result<SecondFactorSetup, SignInError> {
    check_again(deps, origin, account_id, password, log_ins::WRONG).await?;
    let secret = new_secret(&*deps.ids);
    let begun_by = origin.replaces.as_deref().map(token_hash);
    let begun_by = begun_by.ok_or(SignInError::NoMatch(Some(account_id)))?;
    match deps
        .factors
        .begin(account_id, &secret, &begun_by, deps.clock.now_ms())
        .await?
    {
        true => setup(deps, account_id, &secret).await,
        false => Err(SignInError::Invalid(IN_EFFECT.to_owned())),
    }
}

/// Confirms the factor for the log-in that began it, with a code. Ends all other log-ins of the account, which
/// started with the password alone. Returns whether there was one to confirm.
///
/// # Errors
/// [`SignInError::WrongCode`].
pub async fn confirm(
    deps: &Deps,
    origin: &Origin,
    account_id: AccountId,
    code: &str,
) -> Result<bool, SignInError> {
    let (now_ms, token) = (deps.clock.now_ms(), origin.replaces.as_deref());
    let stored = deps.factors.second_factor(account_id).await?;
    let pending = stored.filter(|stored| is_pending(stored, now_ms) && is_of(stored, token));
    let Some(stored) = pending else {
        return Ok(false);
    };
    count(deps, account_id).await?;
    let step = step_of(&stored.secret, code, now_ms)?;
    let step = step.ok_or(SignInError::WrongCode(account_id))?;
    let secret = &stored.secret;
    let is_set = deps.factors.set(account_id, secret, step, now_ms).await?;
    if is_set {
        log_ins::remove_others(deps, account_id, token).await?;
    }
    Ok(is_set)
}

/// Removes the factor after checking the password and a code. Returns whether one was in effect.
///
/// # Errors
/// [`SignInError::Invalid`] with `password_wrong`; [`SignInError::WrongCode`].
pub async fn remove(
    deps: &Deps,
    origin: &Origin,
    account_id: AccountId,
    password: String,
    code: &str,
) -> Result<bool, SignInError> {
    check_again(deps, origin, account_id, password, log_ins::WRONG).await?;
    let Some(stored) = in_effect(deps, account_id).await? else {
        return Ok(false);
    };
    take(deps, account_id, &stored, code).await?;
    Ok(deps
        .factors
        .remove(account_id, None, deps.clock.now_ms())
        .await?)
}

/// Checks the second factor at sign-in, after the password was right.
///
/// # Errors
/// [`SignInError::CodeNeeded`]; [`SignInError::WrongCode`] if the code is wrong or was used.
pub(super) async fn check(
    deps: &Deps,
    account_id: AccountId,
    code: &str,
) -> Result<(), SignInError> {
    let Some(stored) = in_effect(deps, account_id).await? else {
        return Ok(());
    };
    match code.trim() {
        "" => Err(SignInError::CodeNeeded(account_id)),
        code => take(deps, account_id, &stored, code).await,
    }
}

async fn in_effect(deps: &Deps, account_id: AccountId) -> Result<Option<StoredFactor>, PortError> {
    let stored = deps.factors.second_factor(account_id).await?;
    Ok(stored.filter(|stored| stored.set_at_ms.is_some()))
}

/// Accepts a code or a recovery code, each only once.
async fn take(
    deps: &Deps,
    account_id: AccountId,
    stored: &StoredFactor,
    code: &str,
) -> Result<(), SignInError> {
    count(deps, account_id).await?;
    let step = step_of(&stored.secret, code, deps.clock.now_ms())?;
    let taken = match (step, recovery_number(&stored.secret, code)) {
        (Some(step), _) => deps.factors.take_step(account_id, step).await?,
        (None, Some(number)) => deps.factors.take_recovery_code(account_id, number).await?,
        (None, None) => false,
    };
    match taken {
        true => Ok(()),
        false => Err(SignInError::WrongCode(account_id)),
    }
}

/// Counts every try, right or wrong: the caller already has the password or a log-in.
async fn count(deps: &Deps, account_id: AccountId) -> Result<(), SignInError> {
    Ok(limit::count(&*deps.limits, Limit::Code(account_id)).await?)
}

fn is_of(stored: &StoredFactor, token: Option<&str>) -> bool {
    token.is_some_and(|token| token_hash(token) == stored.begun_by)
}

fn is_pending(stored: &StoredFactor, now_ms: i64) -> bool {
    stored.set_at_ms.is_none() && now_ms - stored.begun_at_ms < PENDING_MS
}

/// 160 bits, as RFC 4226 recommends.
fn new_secret(ids: &dyn Ids) -> FactorSecret {
    let random = [ids.secret(), ids.secret()].concat();
    FactorSecret(Sha256::digest(random.as_bytes())[..20].to_vec())
}

fn totp(FactorSecret(secret): &FactorSecret, account: &str) -> Result<TOTP, SignInError> {
    let (issuer, step_s) = (Some("Seckill".to_owned()), STEP_MS as u64 / 1_000);
    TOTP::new(
        Algorithm::SHA1,
        6,
        1,
        step_s,
        secret.clone(),
        issuer,
        account.to_owned(),
    )
    .map_err(|error| PortError::failed("second factor", error.to_string()).into())
}

async fn setup(
    deps: &Deps,
    account_id: AccountId,
    secret: &FactorSecret,
) -> Result<SecondFactorSetup, SignInError> {
    let account = deps.accounts.by_id(account_id).await?;
    let account = account.ok_or(SignInError::NoMatch(None))?;
    // The app shows this name beside the codes; masked, so that onlookers cannot read the number.
    let totp = totp(secret, &account.mobile.masked())?;
    Ok(SecondFactorSetup {
        secret: totp.get_secret_base32(),
        uri: totp.get_url(),
        recovery_codes: (0..RECOVERY_CODES)
            .map(|number| recovery_code(secret, number))
            .collect(),
    })
}

/// The time step of the code, if it is currently valid.
fn step_of(secret: &FactorSecret, typed: &str, now_ms: i64) -> Result<Option<i64>, SignInError> {
    // Chinese keyboards produce full-width digits.
    let digits: String = typed.nfkc().filter(|c| !c.is_whitespace()).collect();
    let totp = totp(secret, "")?;
    let now = now_ms / STEP_MS;
    let mut found = None;
    for step in now - 1..=now + 1 {
        let code = totp.generate((step * STEP_MS / 1_000).unsigned_abs());
        if bool::from(code.as_bytes().ct_eq(digits.as_bytes())) {
            found = Some(step);
        }
    }
    Ok(found)
}

/// A recovery code in groups of four. It is derived from the secret, so that no more needs to be stored, and
/// codes of an unconfirmed factor can be shown again.
fn recovery_code(FactorSecret(secret): &FactorSecret, number: u32) -> String {
    let digest = Sha256::new()
        .chain_update(b"recovery code")
        .chain_update(number.to_be_bytes())
        .chain_update(secret)
        .finalize();
    let mut code = String::new();
    for (at, byte) in digest.iter().take(RECOVERY_CHARACTERS).enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    code
}

/// The index of a recovery code, in whatever form it was typed.
fn recovery_number(secret: &FactorSecret, typed: &str) -> Option<u32> {
    let plain = |code: &str| -> String {
        let letters = code.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_uppercase()).collect()
    };
    let typed = plain(typed);
    let mut found = None;
    for number in 0..RECOVERY_CODES {
        let code = plain(&recovery_code(secret, number));
        if bool::from(code.as_bytes().ct_eq(typed.as_bytes())) {
            found = Some(number);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6238, shortened to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = FactorSecret(b"12345678901234567890".to_vec());
        for (at_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let found = step_of(&secret, code, at_s * 1_000).unwrap();
            assert_eq!(found, Some(at_s / 30));
        }
    }

    #[test]
    fn a_code_is_good_half_a_minute_before_and_after_its_step() {
        let secret = FactorSecret(b"12345678901234567890".to_vec());
        let at = |at_s: i64| step_of(&secret, "2870 82", at_s * 1_000).unwrap();
        for (at_s, is_good) in [(0, true), (59, true), (89, true), (90, false), (119, false)] {
            assert_eq!(at(at_s).is_some(), is_good, "{at_s}");
        }
    }

    #[test]
    fn recovery_codes_differ_and_are_found_however_they_are_typed() {
        let secret = FactorSecret(vec![7; 20]);
        let codes: std::collections::HashSet<_> = (0..RECOVERY_CODES)
            .map(|number| recovery_code(&secret, number))
            .collect();
        assert_eq!(codes.len(), 10);
        let code = recovery_code(&secret, 3);
        assert_eq!(code.len(), 19);
        assert_eq!(
            recovery_number(&secret, &code.to_lowercase().replace('-', " ")),
            Some(3)
        );
        assert_eq!(recovery_number(&secret, ""), None);
        assert_eq!(recovery_number(&FactorSecret(vec![8; 20]), &code), None);
    }
}
