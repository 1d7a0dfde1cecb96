//! A thin bar: the remaining part of an item's stock.

use leptos::{prelude::*, task::spawn_local};

use super::{awake, shown};
use crate::{
    api,
    browser::{
        effects::on_change,
        page,
        ticking::at_instants,
        timers::{Alarm, after, between, spread},
    },
    text::panel,
    wire::{ItemId, Language},
};

/// The first reading comes soon after the page loads, but not from all visitors at once…
const FIRST_LOOK_MS: i64 = 800;
/// …nor right at the start from all waiting visitors: within these first seconds…
const START_MS: i64 = 5_000;
/// …and further ones at this distance: a bar is a hint, not a promise.
const LOOK_EVERY_MS: i64 = 20_000;

/// Starts with the page's value, which may be as old as the page, and stays current while its round
/// is open and the page is visible.
#[island]
pub fn StockBar(
    item_id: ItemId,
    total: u32,
    sellable: u32,
    starts_at_ms: i64,
    ends_at_ms: i64,
    language: Language,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let bar = Bar {
        item_id,
        language,
        value: RwSignal::new(sellable.to_string()),
        text: RwSignal::new(panel::left(language, sellable, total)),
        is_open,
        alarm: StoredValue::new(None),
    };
    let first_look_ms = StoredValue::new(0);
    at_instants(vec![starts_at_ms, ends_at_ms], move |now_ms| {
        let opens = (starts_at_ms..ends_at_ms).contains(&now_ms);
        if opens != is_open.get_untracked() {
            let has_just_started = now_ms - starts_at_ms < START_MS;
            first_look_ms.set_value(match has_just_started {
                true => between(FIRST_LOOK_MS, START_MS),
                false => spread(FIRST_LOOK_MS),
            });
            is_open.set(opens);
        }
    });
    on_change(move || {
        bar.alarm.set_value(None);
        if is_open.get() && page::visibility().visible {
            bar.look_in(first_look_ms.get_value());
        }
    });
    view! {
        <div class="stock-bar" data-ready=awake()>
            <progress
                class="stock-bar__bar"
                max=total.to_string()
                value=shown(bar.value)
                aria-label=panel::left_label(language)
            ></progress>
            <span class="stock-bar__text">{shown(bar.text)}</span>
        </div>
    }
}

#[derive(Clone, Copy)]
struct Bar {
    item_id: ItemId,
    language: Language,
    value: RwSignal<String>,
    text: RwSignal<String>,
    is_open: RwSignal<bool>,
    alarm: StoredValue<Option<Alarm>>,
}

impl Bar {
    fn look_in(self, ms: i64) {
        let next = after(ms, move || spawn_local(self.look()));
        // Refused when the bar is gone; then the alarm is dropped too.
        let _ = self.alarm.try_set_value(Some(next));
    }

    async fn look(self) {
        if let Ok(stock) = api::stock(self.item_id).await {
            self.value.set(stock.sellable.to_string());
            self.text
                .set(panel::left(self.language, stock.sellable, stock.total));
        }
        if self.is_open.get_untracked() && page::is_visible() {
            self.look_in(spread(LOOK_EVERY_MS));
        }
    }
}
