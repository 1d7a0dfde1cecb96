//! The frame of every page, and its routes.

use leptos::prelude::*;

/// The document.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    view! { <!DOCTYPE html><html><head></head><body></body></html> }
}
