//! Skeleton.

use leptos::prelude::*;

use crate::wire::{Language};

/// Skeleton.
#[island]
pub fn Countdown(to_ms: i64, language: Language) -> impl IntoView {
    let _ = (to_ms, language);
    view! { <span class="countdown"></span> }
}
