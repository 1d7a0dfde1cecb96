//! The buy panel: one component, one state machine.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::wire::{ItemId, Language, Money};

/// What the page already knows about the item, the same for every visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelItem {
    /// Which item.
    pub item_id: ItemId,
    /// The round opens (inclusive).
    pub starts_at_ms: i64,
    /// The round closes (exclusive).
    pub ends_at_ms: i64,
    /// The operator's words in the page's language, when the round was stopped by hand.
    pub stopped: Option<String>,
    /// Seconds a buyer has to pay.
    pub pay_window_s: u32,
    /// Price in this round.
    pub sale_price: Money,
    /// Units offered in this round.
    pub total: u32,
    /// Units sellable when the page was made; the page may be cached.
    pub sellable: u32,
}

/// Skeleton.
#[island]
pub fn BuyPanel(item: PanelItem, language: Language) -> impl IntoView {
    let _ = (item, language);
    view! { <section class="buy-panel" data-island="buy-panel" data-state="loading"></section> }
}
