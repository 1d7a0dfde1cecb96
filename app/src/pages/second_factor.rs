//! `/account/second-factor`: setting up and removing a second factor. Rendered per request; visitors who are signed
//! out never get here. Everything is a form that works without scripts.

use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

use crate::{
    api,
    components::{AccountForm, Calendar, Field, FormState, when_read},
    text::pages::{account, second_factor as say},
    wire::{ApiError, Language, SecondFactor, SecondFactorSetup},
};

/// The page of the second factor.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    let language = api::language();
    let state = FormState::of_page_itself();
    let message = use_query_map().with_untracked(|query| {
        let of = |name| query.get_str(name).unwrap_or_default();
        message(of("done"), of("error"), language)
    });
    when_read(language, read(), move |(factor, now_ms)| {
        let calendar = Calendar::of_page(now_ms, language);
        view! { <Factor factor state message calendar language /> }.into_any()
    })
}

async fn read() -> Result<(SecondFactor, i64), ApiError> {
    Ok((api::second_factor().await?, api::clock().await?.now_ms))
}

fn message(done: &str, error: &str, language: Language) -> Option<&'static str> {
    match (done, error) {
        ("begun", _) => Some(say::begun(language)),
        ("confirmed", _) => Some(say::confirmed(language)),
        ("removed", _) => Some(say::removed(language)),
        (_, "not_found") => Some(say::lapsed(language)),
        _ => None,
    }
}

#[component]
fn Factor(
    factor: SecondFactor,
    state: FormState,
    message: Option<&'static str>,
    calendar: Calendar,
    language: Language,
) -> impl IntoView {
    let SecondFactor {
        set_at_ms,
        recovery_codes_left,
        pending,
    } = factor;
    let content = match (set_at_ms, pending) {
        (Some(since_ms), _) => {
            let since = calendar.when(since_ms);
            view! {
                <p>{say::is_on(language, &since, recovery_codes_left)}</p>
                <Remove state language />
            }
            .into_any()
        }
        (None, Some(setup)) => view! { <Confirm setup state language /> }.into_any(),
        (None, None) => view! { <Begin state language /> }.into_any(),
    };
    view! {
        <Title text=say::title(language) />
        <section class="narrow">
            <h1>{say::title(language)}</h1>
            <p class="lead">{say::lead(language)}</p>
            {message.map(|words| view! { <p class="account-page__message" role="status">{words}</p> })}
            {content}
        </section>
    }
}

#[component]
fn Begin(state: FormState, language: Language) -> impl IntoView {
    view! {
        <p>{say::is_off(language)}</p>
        <AccountForm state action=api::BeginSecondFactor::PATH submit=say::begin(language) language>
            <PasswordField language />
        </AccountForm>
    }
}

#[component]
fn PasswordField(language: Language) -> impl IntoView {
    view! {
        <Field
            name="password"
            label=account::current_password(language)
            kind="password"
            autocomplete="current-password"
            language
        />
    }
}

#[component]
fn Confirm(setup: SecondFactorSetup, state: FormState, language: Language) -> impl IntoView {
    let codes = setup
        .recovery_codes
        .into_iter()
        .map(|code| view! { <li><code>{code}</code></li> })
        .collect_view();
    view! {
        <h2 class="account-page__title">{say::step_scan(language)}</h2>
        <div class="second-factor__picture" role="img" aria-label=say::picture(language) inner_html=picture(&setup.uri)></div>
        <p>{say::scan_hint(language)}</p>
        <p><code class="second-factor__key">{setup.secret}</code></p>
        <h2 class="account-page__title">{say::step_keep(language)}</h2>
        <p>{say::keep_hint(language)}</p>
        <ul class="second-factor__codes">{codes}</ul>
        <h2 class="account-page__title">{say::step_confirm(language)}</h2>
        <AccountForm state action=api::ConfirmSecondFactor::PATH submit=say::confirm(language) language>
            <Field name="code" label=say::code(language) autocomplete="one-time-code" language />
        </AccountForm>
    }
}

#[component]
fn Remove(state: FormState, language: Language) -> impl IntoView {
    view! {
        <h2 class="account-page__title">{say::remove_title(language)}</h2>
        <p>{say::remove_lead(language)}</p>
        <AccountForm state action=api::RemoveSecondFactor::PATH submit=say::remove(language) language>
            <PasswordField language />
            <Field
                name="code"
                label=say::code(language)
                hint=say::code_hint(language)
                autocomplete="one-time-code"
                language
            />
        </AccountForm>
    }
}

/// The QR code as SVG: dark on light even on a dark page, because cameras read nothing else.
fn picture(uri: &str) -> String {
    match QRBuilder::new(uri).build() {
        Ok(code) => SvgBuilder::default().to_str(&code),
        // Too long for a QR code: the key below says the same.
        Err(_) => String::new(),
    }
}
