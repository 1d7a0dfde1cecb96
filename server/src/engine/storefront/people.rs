//! The shopper's account: registering, signing in and out, password and log-ins. Records the
//! security events.

use app::{
    port::{Credentials, LoggedIn, Registration, Visitor},
    wire::{AccountId, ApiError, LogIn},
};

use crate::engine::{
    LimitError,
    accounts::{
        Deps, change_password, log_ins,
        sign_in::{self, Origin, SignInError, SignedIn},
    },
    wire_errors::port_error,
};
use crate::security::{self, Concerned, Event};

pub(super) fn origin(visitor: &Visitor) -> Origin {
    Origin {
        ip: visitor.ip,
        device: visitor.device.clone(),
        replaces: visitor.login_token.clone(),
    }
}

/// Records a new log-in as `event`, and the log-ins that it ended.
fn begun(deps: &Deps, visitor: &Visitor, event: Event, signed_in: SignedIn) -> LoggedIn {
    let account_id = Some(signed_in.me.account_id);
    let concerned = Concerned::of(visitor).account(account_id);
    security::record(event, &concerned);
    ended(&concerned, signed_in.ended);
    LoggedIn {
        me: signed_in.me,
        token: signed_in.token,
        max_age_s: deps.rules.login_life_max_ms / 1000,
    }
}

fn ended(concerned: &Concerned<'_>, number: u64) {
    if number > 0 {
        let concerned = Concerned {
            number: Some(number),
            ..*concerned
        };
        security::record(Event::LogInsEnded, &concerned);
    }
}

/// Converts a failed try to a wire error, and records it unless it was only a mistake in the form.
pub(super) fn failed(visitor: &Visitor, error: SignInError) -> ApiError {
    let concerned = Concerned::of(visitor);
    match &error {
        SignInError::NoMatch(account_id) | SignInError::NoMatchWhileClosed(account_id, _) => {
            security::record(Event::LogInFailed, &concerned.account(*account_id));
        }
        SignInError::Limit(LimitError::Over(_)) => {
            security::record(Event::LogInLimited, &concerned);
        }
        SignInError::CodeNeeded(account_id) => {
            security::record(Event::CodeAsked, &concerned.account(Some(*account_id)));
        }
        SignInError::WrongCode(account_id) => {
            security::record(Event::CodeRefused, &concerned.account(Some(*account_id)));
        }
        SignInError::Invalid(field)
            if [change_password::CURRENT, log_ins::WRONG].contains(&&**field) =>
        {
            security::record(Event::PasswordRefused, &concerned);
        }
        _ => {}
    }
    error.into()
}

pub async fn register(
    deps: &Deps,
    visitor: &Visitor,
    form: Registration,
) -> Result<LoggedIn, ApiError> {
    let Registration {
        mobile,
        password,
        nickname,
    } = form;
    let signed_in = sign_in::register(deps, &origin(visitor), &mobile, password, &nickname).await;
    let signed_in = signed_in.map_err(|error| failed(visitor, error))?;
    Ok(begun(deps, visitor, Event::Registered, signed_in))
}

pub async fn login(
    deps: &Deps,
    visitor: &Visitor,
    form: Credentials,
) -> Result<LoggedIn, ApiError> {
    let signed_in = sign_in::login(deps, &origin(visitor), form).await;
    let signed_in = signed_in.map_err(|error| failed(visitor, error))?;
    Ok(begun(deps, visitor, Event::LogIn, signed_in))
}

pub async fn logout(deps: &Deps, visitor: &Visitor) -> Result<(), ApiError> {
    if let Some(token) = &visitor.login_token {
        sign_in::logout(deps, token).await.map_err(port_error)?;
        security::record(Event::LogOut, &Concerned::of(visitor));
    }
    Ok(())
}

pub async fn change_password(
    deps: &Deps,
    visitor: &Visitor,
    current: String,
    new: String,
) -> Result<LoggedIn, ApiError> {
    let account_id = visitor.signed_in()?.account_id;
    let origin = origin(visitor);
    let changed = change_password::change_password(deps, &origin, account_id, current, new).await;
    let signed_in = changed.map_err(|error| failed(visitor, error))?;
    Ok(begun(deps, visitor, Event::PasswordChanged, signed_in))
}

pub async fn log_ins(deps: &Deps, visitor: &Visitor) -> Result<Vec<LogIn>, ApiError> {
    let account_id = visitor.signed_in()?.account_id;
    let listed = log_ins::list(deps, account_id, visitor.login_token.as_deref()).await;
    listed.map_err(port_error)
}

pub async fn end_log_in(
    deps: &Deps,
    visitor: &Visitor,
    log_in_id: &str,
    password: String,
) -> Result<(), ApiError> {
    let account_id = visitor.signed_in()?.account_id;
    let was_there = log_ins::end(deps, &origin(visitor), account_id, log_in_id, password).await;
    if !was_there.map_err(|error| failed(visitor, error))? {
        return Err(ApiError::NotFound);
    }
    ended(&Concerned::of(visitor), 1);
    Ok(())
}

pub async fn end_other_log_ins(
    deps: &Deps,
    visitor: &Visitor,
    password: String,
) -> Result<(), ApiError> {
    let account_id = visitor.signed_in()?.account_id;
    let (origin, token) = (origin(visitor), visitor.login_token.as_deref());
    let others = log_ins::end_others(deps, &origin, account_id, token, password).await;
    let number = others.map_err(|error| failed(visitor, error))?;
    ended(&Concerned::of(visitor), number);
    Ok(())
}

/// Asks for the caller's password again before an irreversible step: the computer may have been left
/// unlocked.
///
/// # Errors
/// `invalid` with `password_wrong`, which counts like a guess at sign-in.
pub async fn confirm(
    deps: &Deps,
    visitor: &Visitor,
    account_id: AccountId,
    password: String,
) -> Result<(), ApiError> {
    let origin = origin(visitor);
    let checked = sign_in::check_again(deps, &origin, account_id, password, log_ins::WRONG).await;
    checked.map(drop).map_err(|error| failed(visitor, error))
}
