//! Text inputs in staff forms.

use leptos::prelude::*;

/// A label and its input, which refers to the problem's text when it is wrong.
#[component]
pub fn TextInput(
    name: &'static str,
    label: &'static str,
    value: String,
    /// Most characters.
    max: usize,
    /// The id of the problem's text.
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

/// A `textarea`'s content: the framework does not escape it there, and a `</textarea>` in it would end the element.
pub fn in_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
