//! Text in the forms of the staff.

use leptos::prelude::*;

/// A label and its input, which is named by the problem when it is wrong.
#[component]
pub fn TextInput(
    name: &'static str,
    label: &'static str,
    value: String,
    /// Characters that are taken.
    max: usize,
    /// The id of the words that say what is wrong with it.
    problem: Option<&'static str>,
) -> impl IntoView {
    view! {
        <label for=name>{label}</label>
        <input
            id=name
            name=name
            value=value
            maxlength=max.to_string()
            required=true
            autofocus=problem.is_some()
            aria-invalid=problem.map(|_| "true")
            aria-describedby=problem
        />
    }
}

/// What stands in a `textarea`: the framework writes its text into the page as it is, and a `</textarea>` in it would
/// end the element.
pub fn in_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
