//! Skeleton.

use leptos::prelude::*;

use crate::wire::{Language};

/// Skeleton.
#[island]
pub fn OrderDeadline(deadline_ms: i64, language: Language) -> impl IntoView {
    let _ = (deadline_ms, language);
    view! { <span class="countdown"></span> }
}
