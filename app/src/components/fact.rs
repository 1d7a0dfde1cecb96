//! A line of a list of facts (`<dl class="facts">`).

use leptos::prelude::*;

/// A term and its value.
pub fn fact(term: impl Into<String>, value: impl IntoAny) -> AnyView {
    row(term.into(), value.into_any())
}

/// Compiled once, whatever the values are.
fn row(term: String, value: AnyView) -> AnyView {
    view! {
        <div class="facts__row">
            <dt>{term}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}
