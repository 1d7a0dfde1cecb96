//! Skeleton.

use leptos::prelude::*;

use crate::wire::{ItemId, Language};

/// Skeleton.
#[island]
pub fn StockBar(item_id: ItemId, total: u32, sellable: u32, language: Language) -> impl IntoView {
    let _ = (item_id, total, sellable, language);
    view! { <span class="countdown"></span> }
}
