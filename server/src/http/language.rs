//! A visitor's language, and the language switch.

use app::{
    routes::{HOME, LANGUAGE_PARAMETER, local_path},
    wire::{ApiError, Language},
};
use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{AppState, cookies::cookie, envelope::Envelope};

const COOKIE: &str = "seckill_lang";
/// Behind TLS, where no other host of the domain can set it.
const SECURE_COOKIE: &str = "__Host-seckill_lang";
const A_YEAR_S: u32 = 365 * 24 * 3600;

/// The address's language, else the visitor's choice, else the browser's preference. The address counts for
/// this answer only: search engines and previews have no cookies and find each language at its own address.
pub fn of(uri: &Uri, headers: &HeaderMap) -> Language {
    let said = of_query(uri.query().unwrap_or_default());
    let chosen = || {
        let code = cookie(headers, SECURE_COOKIE).or_else(|| cookie(headers, COOKIE));
        code.and_then(|code| Language::from_code(&code))
    };
    said.or_else(chosen).unwrap_or_else(|| {
        let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let lines: Vec<_> = lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()))
            .collect();
        Language::negotiate(&lines.join(","))
    })
}

fn of_query(query: &str) -> Option<Language> {
    let mut parameters = query.split('&').filter_map(|one| one.split_once('='));
    let (_, code) = parameters.find(|(name, _)| *name == LANGUAGE_PARAMETER)?;
    Language::from_code(code)
}

/// The switch's form.
#[derive(Deserialize)]
pub struct Switch {
    to: String,
    #[serde(default)]
    next: String,
}

/// `POST /language`: remembers the choice and goes back to the page.
pub async fn switch(
    State(state): State<AppState>,
    form: Result<Form<Switch>, FormRejection>,
) -> Response {
    let invalid = |field: &str| {
        Envelope(ApiError::Invalid {
            field: field.to_owned(),
        })
    };
    let Ok(Form(form)) = form else {
        return invalid("body").into_response();
    };
    let Some(language) = Language::from_code(&form.to) else {
        return invalid("to").into_response();
    };
    let next = local_path(&form.next).unwrap_or(HOME);
    let (name, secure) = match state.settings.cookie.secure {
        true => (SECURE_COOKIE, "; Secure"),
        false => (COOKIE, ""),
    };
    let cookie = format!(
        "{name}={}; Path=/; SameSite=Lax; HttpOnly; Max-Age={A_YEAR_S}{secure}",
        language.code()
    );
    let mut response = StatusCode::SEE_OTHER.into_response();
    // Both are plain ASCII, made from checked values.
    for (name, value) in [
        (header::SET_COOKIE, cookie.as_str()),
        (header::LOCATION, next),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
