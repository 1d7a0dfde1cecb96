//! Any unknown address.

use leptos::prelude::*;

use crate::{api, components::NotFound};

/// The page with status 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! { <NotFound language=api::language() /> }
}
