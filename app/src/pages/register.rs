//! `/register`.

use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

use crate::{
    api,
    components::{AccountForm, Field, FormState},
    routes,
    text::pages::account as say,
    wire::Nickname,
};

#[component]
pub fn RegisterPage() -> impl IntoView {
    let language = api::language();
    let state = FormState::of_page();
    let other_form = routes::login(&routes::in_query(&state.next));
    view! {
        <Title text=say::register_title(language) />
        <section class="narrow">
            <h1>{say::register_title(language)}</h1>
            <p class="lead">{say::register_lead(language)}</p>
            <AccountForm state action=api::Register::PATH submit=say::register_action(language) language>
                <Field
                    name="mobile"
                    label=say::mobile(language)
                    hint=say::mobile_hint(language)
                    kind="tel"
                    autocomplete="tel"
                    language
                />
                <Field
                    name="nickname"
                    label=say::nickname(language)
                    hint=say::nickname_rule(language)
                    autocomplete="nickname"
                    max=Nickname::MAX
                    language
                />
                <Field
                    name="password"
                    label=say::password(language)
                    hint=say::new_password_rule(language)
                    kind="password"
                    autocomplete="new-password"
                    language
                />
            </AccountForm>
            <p class="aside">
                {say::have_account(language)} " "
                <a href=other_form>{say::login_link(language)}</a>
            </p>
        </section>
    }
}
