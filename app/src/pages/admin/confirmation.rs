//! The form of an irreversible step: the reason, and the password again.

use leptos::prelude::*;

use super::text_input::TextInput;
use crate::{
    api,
    text::pages::customers as say,
    wire::{ApiError, Language, Reason},
};

/// A form that is shown again. The server puts it into the request whose page is rendered.
#[derive(Clone, Debug, Default)]
pub struct ConfirmationForm {
    /// The reason as typed.
    pub reason: String,
    /// Why nothing was done.
    pub problem: Option<ApiError>,
}

impl ConfirmationForm {
    /// The form of the page being rendered.
    pub fn of_page() -> Self {
        api::extension().unwrap_or_default()
    }
}

/// The step, folded until somebody opens it or it is shown again.
#[component]
pub fn Confirm(
    /// The form's address.
    action: String,
    /// The text that unfolds it.
    #[prop(into)]
    label: String,
    /// The step's effect.
    #[prop(into)]
    means: String,
    #[prop(into)] button: String,
    language: Language,
) -> impl IntoView {
    let form = ConfirmationForm::of_page();
    let is_open = form.problem.is_some();
    let wrong = match &form.problem {
        Some(ApiError::Invalid { field }) => field.clone(),
        _ => String::new(),
    };
    let problem = form.problem.as_ref().map(|problem| {
        let words = say::problem(language, problem);
        view! { <p class="form__message" id="confirm-problem" role="alert">{words}</p> }
    });
    let described = |field: &str| (wrong == field).then_some("confirm-problem");
    view! {
        <details class="admin__stop" open=is_open>
            <summary>{label}</summary>
            <form class="admin__form" method="post" action=action>
                <p>{means}</p>
                {problem}
                <TextInput
                    name="reason"
                    label=say::reason(language)
                    value=form.reason
                    max=Reason::MAX
                    problem=described("reason")
                />
                <label for="password">{say::password(language)}</label>
                <input
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="current-password"
                    required=true
                    autofocus=wrong == "password_wrong"
                    aria-invalid=described("password_wrong").map(|_| "true")
                    aria-describedby=described("password_wrong")
                />
                <button class="button button--main" type="submit">{button}</button>
            </form>
        </details>
    }
}
