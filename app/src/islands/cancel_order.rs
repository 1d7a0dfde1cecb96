//! Skeleton.

use leptos::prelude::*;

use crate::wire::{Language, OrderId};

/// Skeleton.
#[island]
pub fn CancelOrder(order_id: OrderId, language: Language) -> impl IntoView {
    let _ = (order_id, language);
    view! { <span class="countdown"></span> }
}
