//! `/account`: the caller's password and log-ins. Rendered per request; visitors who are signed out never
//! get here. Everything is a form that works without scripts.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

use crate::{
    api,
    components::{AccountForm, Calendar, Field, FormState, Instant, when_read},
    routes,
    text::pages::{account as say, second_factor},
    wire::{ApiError, Language, LogIn, Me},
};

/// The page of the account.
#[component]
pub fn AccountPage() -> impl IntoView {
    let language = api::language();
    let state = FormState::of_page_itself();
    let message = use_query_map().with_untracked(|query| {
        let of = |name| query.get_str(name).unwrap_or_default();
        message(of("done"), of("error"), language)
    });
    let message = message.or_else(|| state.message(language));
    when_read(language, read(), move |account| {
        view! { <Account account state message language /> }.into_any()
    })
}

/// Possible mistakes in the form of the log-ins.
const OF_LOG_INS: [&str; 1] = ["password_wrong"];
/// Possible mistakes in the form of the password.
const OF_PASSWORD: [&str; 4] = [
    "current_password",
    "password",
    "password_long",
    "password_common",
];

/// The last form's result, if it is not shown at the form.
fn message(done: &str, error: &str, language: Language) -> Option<&'static str> {
    match (done, error) {
        ("password", _) => Some(say::password_changed(language)),
        ("ended", _) => Some(say::log_in_ended(language)),
        (_, "not_found") => Some(say::log_in_gone(language)),
        _ => None,
    }
}

/// The page's data.
struct AccountView {
    me: Me,
    log_ins: Vec<LogIn>,
    now_ms: i64,
}

async fn read() -> Result<AccountView, ApiError> {
    Ok(AccountView {
        me: api::me().await?.ok_or(ApiError::Unauthenticated)?,
        log_ins: api::log_ins().await?,
        now_ms: api::clock().await?.now_ms,
    })
}

#[component]
fn Account(
    account: AccountView,
    state: FormState,
    message: Option<&'static str>,
    language: Language,
) -> impl IntoView {
    let AccountView {
        me,
        log_ins,
        now_ms,
    } = account;
    let calendar = Calendar::of_page(now_ms, language);
    view! {
        <Title text=say::account_title(language) />
        <section class="narrow">
            <h1>{say::account_title(language)}</h1>
            <p class="lead">{me.nickname} " · " {me.mobile}</p>
            {message.map(|words| view! { <p class="account-page__message" role="status">{words}</p> })}
            <LogIns log_ins state=state.clone().with_mistakes(&OF_LOG_INS) calendar language />
            <PasswordForm state=state.with_mistakes(&OF_PASSWORD) language />
            <p class="aside">
                <a href=routes::SECOND_FACTOR>{second_factor::title(language)}</a>
            </p>
        </section>
    }
}

#[component]
fn PasswordForm(state: FormState, language: Language) -> impl IntoView {
    view! {
        <h2 class="account-page__title">{say::change_title(language)}</h2>
        <p>{say::change_lead(language)}</p>
        <AccountForm state action=api::ChangePassword::PATH submit=say::change_action(language) language>
            <Field
                name="current_password"
                label=say::current_password(language)
                kind="password"
                autocomplete="current-password"
                language
            />
            <Field
                name="new_password"
                label=say::new_password(language)
                hint=say::password_rule(language)
                kind="password"
                autocomplete="new-password"
                language
            />
        </AccountForm>
    }
}

/// Every log-in, with a button to end it: one form, because the password is asked for only once.
#[component]
fn LogIns(
    log_ins: Vec<LogIn>,
    state: FormState,
    calendar: Calendar,
    language: Language,
) -> impl IntoView {
    let has_others = log_ins.iter().any(|log_in| !log_in.is_current);
    let rows = log_ins
        .into_iter()
        .map(|log_in| view! { <LogInRow log_in calendar language /> })
        .collect_view();
    let list = view! { <ul class="log-ins">{rows}</ul> };
    let list = match has_others {
        false => list.into_any(),
        true => view! {
            <p>{say::log_ins_lead(language)}</p>
            <AccountForm state action=api::EndOtherLogIns::PATH submit=say::end_others(language) language>
                // The Enter key presses a form's first button: it must not end a log-in.
                <button type="submit" disabled hidden></button>
                {list}
                <Field
                    name="password"
                    label=say::current_password(language)
                    hint=say::to_end(language)
                    kind="password"
                    autocomplete="current-password"
                    language
                />
            </AccountForm>
        }
        .into_any(),
    };
    view! {
        <h2 class="account-page__title">{say::log_ins_title(language)}</h2>
        {list}
    }
}

#[component]
fn LogInRow(log_in: LogIn, calendar: Calendar, language: Language) -> impl IntoView {
    let device = match log_in.device.is_empty() {
        true => say::unknown_device(language).to_owned(),
        false => log_in.device,
    };
    let moment = |at_ms: Option<i64>, words: fn(Language, &str) -> String| {
        at_ms.map(|at_ms| {
            let text = words(language, &calendar.when(at_ms));
            view! { " · " <Instant calendar at_ms text /> }
        })
    };
    let name = say::end_on(language, &device);
    let end = match log_in.is_current {
        true => {
            view! { <span class="badge badge--done">{say::this_one(language)}</span> }.into_any()
        }
        false => view! {
            <button
                class="button"
                type="submit"
                formaction=api::EndLogIn::PATH
                name="log_in_id"
                value=log_in.log_in_id
                aria-label=name
            >
                {say::end(language)}
            </button>
        }
        .into_any(),
    };
    view! {
        <li class="log-ins__row">
            <p class="log-ins__device">{device}</p>
            <p class="log-ins__facts">
                {log_in.ip}
                {moment(log_in.signed_in_at_ms, say::since)}
                {moment(log_in.used_at_ms, say::last_used)}
            </p>
            {end}
        </li>
    }
}
