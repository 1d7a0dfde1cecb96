//! `/login`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

use crate::{
    api,
    components::{AccountForm, Field, FormState},
    routes,
    text::pages::{account as say, second_factor},
};

#[component]
pub fn LoginPage() -> impl IntoView {
    let language = api::language();
    let state = FormState::of_page();
    let asks_for_code = state.asks_for_code();
    let other_form = routes::register(&routes::in_query(&state.next));
    let has_left =
        use_query_map().with_untracked(|query| query.get_str("done") == Some(api::SIGNED_OUT));
    let left =
        has_left.then(|| view! { <p class="lead" role="status">{say::signed_out(language)}</p> });
    view! {
        <Title text=say::login_title(language) />
        <section class="narrow">
            <h1>{say::login_title(language)}</h1>
            {left}
            <p class="lead">{say::login_lead(language)}</p>
            <AccountForm state action=api::Login::PATH submit=say::login_action(language) language>
                <Field
                    name="mobile"
                    label=say::mobile(language)
                    hint=say::mobile_hint(language)
                    kind="tel"
                    autocomplete="tel"
                    language
                />
                <Field
                    name="password"
                    label=say::password(language)
                    kind="password"
                    autocomplete="current-password"
                    language
                />
                {asks_for_code.then(|| view! {
                    <Field
                        name="code"
                        label=second_factor::code(language)
                        hint=second_factor::code_hint(language)
                        autocomplete="one-time-code"
                        language
                    />
                })}
            </AccountForm>
            <p class="aside">
                {say::no_account(language)} " "
                <a href=other_form>{say::register_link(language)}</a>
            </p>
        </section>
    }
}
