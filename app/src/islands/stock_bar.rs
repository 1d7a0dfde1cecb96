//! A thin bar: how much of an item is left.

use leptos::{prelude::*, task::spawn_local};

use super::awake;
use crate::{
    api,
    browser::{
        page,
        timers::{Alarm, after, spread},
    },
    text::panel,
    wire::{ItemId, Language},
};

/// The first look comes soon after the page, but not from all visitors at once…
const FIRST_LOOK_MS: i64 = 800;
/// …and further ones at this distance: a bar is a hint, not a promise.
const LOOK_EVERY_MS: i64 = 20_000;

/// Starts with what the page says, which may be a page's life old, and keeps itself fresh while
/// somebody looks.
#[island]
pub fn StockBar(item_id: ItemId, total: u32, sellable: u32, language: Language) -> impl IntoView {
    let left = RwSignal::new((sellable, total));
    let alarm = StoredValue::new(None);
    Effect::new(move || {
        alarm.set_value(None);
        if page::sight().visible {
            look_later(FIRST_LOOK_MS, item_id, left, alarm);
        }
    });
    let text = move || panel::left(language, left.get().0, left.get().1);
    view! {
        <div class="stock-bar" data-ready=awake()>
            <progress
                class="stock-bar__bar"
                max=move || left.get().1
                value=move || left.get().0
                aria-label=panel::left_label(language)
            ></progress>
            <span class="stock-bar__text">{text}</span>
        </div>
    }
}

fn look_later(
    ms: i64,
    item_id: ItemId,
    left: RwSignal<(u32, u32)>,
    alarm: StoredValue<Option<Alarm>>,
) {
    let next = after(spread(ms), move || {
        spawn_local(async move {
            if let Ok(stock) = api::stock(item_id).await {
                left.set((stock.sellable, stock.total));
            }
            if page::is_visible() {
                look_later(LOOK_EVERY_MS, item_id, left, alarm);
            }
        });
    });
    // Refused when the bar is gone; the alarm goes with it.
    let _ = alarm.try_set_value(Some(next));
}
