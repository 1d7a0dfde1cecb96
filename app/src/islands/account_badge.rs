//! Skeleton.

use leptos::prelude::*;

use crate::wire::{Language};

/// Skeleton.
#[island]
pub fn AccountBadge(language: Language) -> impl IntoView {
    let _ = (language,);
    view! { <span class="countdown"></span> }
}
