//! A page that could not be shown: in the shop's frame, with the right status, a sentence about the
//! cause, and a link onward.

use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_location;

use super::Dial;
use crate::{
    routes,
    text::pages::{self, failure as say, orders, shop_text},
    wire::{ApiError, Language},
};

/// The link on a failed page.
enum WayOn {
    /// The same page again.
    Again,
    /// The log-in form, which leads back.
    SignIn,
    /// The visitor's orders.
    Orders,
    /// Only the start page.
    Home,
}

fn is_of_an_order(path: &str) -> bool {
    let below = path.strip_prefix(routes::ORDERS);
    below.is_some_and(|below| below.starts_with('/'))
}

/// There is no such page or item.
#[component]
pub fn NotFound(language: Language) -> impl IntoView {
    view! { <Failure error=ApiError::NotFound language /> }
}

/// The shop could not answer.
#[component]
pub fn Failure(error: ApiError, language: Language) -> impl IntoView {
    set_status(&error);
    let here = use_location().pathname.get_untracked();
    let (title, text, way_on) = match &error {
        ApiError::NotFound if is_of_an_order(&here) => (
            say::no_order_title(language),
            say::no_order_text(language),
            WayOn::Orders,
        ),
        error => words(error, language),
    };
    let action = match way_on {
        WayOn::Again => Some((here, say::try_again(language))),
        WayOn::SignIn => Some((routes::login(&here), say::sign_in(language))),
        WayOn::Orders => Some((routes::ORDERS.to_owned(), orders::title(language))),
        WayOn::Home => None,
    };
    let has_action = action.is_some();
    let reference = match error {
        ApiError::Internal { trace_id } => Some(trace_id),
        _ => None,
    };
    view! {
        <Title text=title />
        <Meta name="robots" content="noindex" />
        <section class="notice">
            <Dial />
            <h1 class="notice__title">{title}</h1>
            <p class="notice__text">{text}</p>
            {reference.map(|id| view! {
                <p class="notice__reference">
                    {say::reference(language)} " " <code>{id}</code> " "
                    <a href=routes::CONTACT>{shop_text::write_to_us(language)}</a>
                </p>
            })}
            <div class="notice__actions">
                {action.map(|(to, words)| view! { <a class="button button--main" href=to>{words}</a> })}
                <a class=if has_action { "button" } else { "button button--main" } href=routes::HOME>
                    {pages::to_the_start(language)}
                </a>
            </div>
        </section>
    }
}

fn words(error: &ApiError, language: Language) -> (&'static str, &'static str, WayOn) {
    match error {
        ApiError::NotFound | ApiError::Invalid { .. } => (
            say::not_found_title(language),
            say::not_found_text(language),
            WayOn::Home,
        ),
        ApiError::Unauthenticated => (
            say::sign_in_title(language),
            say::sign_in_text(language),
            WayOn::SignIn,
        ),
        ApiError::RateLimited { .. } => (
            say::limited_title(language),
            say::limited_text(language),
            WayOn::Again,
        ),
        ApiError::Busy { .. } | ApiError::Offline => (
            say::busy_title(language),
            say::busy_text(language),
            WayOn::Again,
        ),
        ApiError::QueueOnly | ApiError::NoLogIns | ApiError::ReadingOnly => (
            say::closed_title(language),
            say::closed_text(language),
            WayOn::Again,
        ),
        ApiError::Forbidden | ApiError::Banned => (
            say::forbidden_title(language),
            say::forbidden_text(language),
            WayOn::Home,
        ),
        _ => (
            say::broken_title(language),
            say::broken_text(language),
            WayOn::Again,
        ),
    }
}

/// Missing while routes are listed at start-up; then there is no response.
fn set_status(error: &ApiError) {
    let Some(response) = use_context::<ResponseOptions>() else {
        return;
    };
    if let Ok(status) = StatusCode::from_u16(error.status()) {
        response.set_status(status);
    }
    if let Some(wait_s) = error.retry_after_s() {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(wait_s));
    }
}
