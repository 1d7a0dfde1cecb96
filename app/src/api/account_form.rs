//! How account calls answer a browser's form: with a redirect, and perhaps with cookies.

use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    api::{LoginCookie, TypedFields},
    port::LoggedIn,
    routes::{self, ADMIN_ROUNDS, HOME, in_query, local_path},
    wire::{ApiError, Me},
};

/// A form that signs somebody in: its page and its target.
pub struct Form {
    pub page: &'static str,
    pub next: Option<String>,
    /// The typed fields to keep after a mistake.
    pub typed: TypedFields,
}

/// Redirects a browser's form on an account page back to that page, with the result.
pub fn back_to<T>(page: &str, result: Result<T, ApiError>, done: &str) -> Result<T, ApiError> {
    match &result {
        Ok(_) => redirect_browser(&format!("{page}?done={done}")),
        Err(ApiError::Unauthenticated) => redirect_browser(&routes::login(page)),
        Err(error) => redirect_browser(&format!(
            "{page}?error={}&field={}",
            error.code(),
            field_of(error)
        )),
    };
    result
}

/// The invalid field, if there is one.
fn field_of(error: &ApiError) -> &str {
    match error {
        ApiError::Invalid { field } => field,
        _ => "",
    }
}

impl Form {
    /// Sets the cookie on success, and redirects a browser.
    pub fn finish(&self, result: Result<LoggedIn, ApiError>) -> Result<Me, ApiError> {
        let next = self.next.as_deref().and_then(local_path);
        let next = next.filter(|next| *next != HOME);
        match result {
            Ok(logged_in) => {
                sign_in(&logged_in)?;
                if redirect_browser(next.unwrap_or(match logged_in.me.role.is_staff() {
                    true => ADMIN_ROUNDS,
                    false => HOME,
                })) {
                    set_cookie(&TypedFields::clear_cookie(cookie()?.secure));
                }
                Ok(logged_in.me)
            }
            Err(error) => {
                let is_form = redirect_browser(&format!(
                    "{}?error={}&field={}&next={}",
                    self.page,
                    error.code(),
                    field_of(&error),
                    in_query(next.unwrap_or(HOME)),
                ));
                if is_form {
                    set_cookie(&self.typed.set_cookie(cookie()?.secure));
                }
                Err(error)
            }
        }
    }
}

/// Sends a fresh log-in's cookie to the browser.
pub fn sign_in(logged_in: &LoggedIn) -> Result<(), ApiError> {
    set_cookie(&cookie()?.set(&logged_in.token, logged_in.max_age_s));
    Ok(())
}

/// The cookie's name and flags, from the one context closure.
fn cookie() -> Result<LoginCookie, ApiError> {
    use_context::<LoginCookie>().ok_or_else(|| ApiError::Internal {
        trace_id: "no-cookie".to_owned(),
    })
}

/// Removes the log-in from the browser.
pub fn sign_out() -> Result<(), ApiError> {
    set_cookie(&cookie()?.clear());
    Ok(())
}

fn set_cookie(value: &str) {
    if let (Some(response), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(value),
    ) {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// 303 for a browser's form (it accepts HTML), for which it returns true; other clients get JSON.
pub fn redirect_browser(to: &str) -> bool {
    let is_form = use_context::<Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    });
    if let (true, Some(response), Ok(to)) = (
        is_form,
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(to),
    ) {
        response.insert_header(header::LOCATION, to);
        response.set_status(StatusCode::SEE_OTHER);
    }
    is_form
}
