//! A thin bar: how much of an item is left.

use leptos::{prelude::*, task::spawn_local};

use super::{awake, shown};
use crate::{
    api,
    browser::{
        effects::on_change,
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
    let bar = Bar {
        item_id,
        language,
        value: RwSignal::new(sellable.to_string()),
        text: RwSignal::new(panel::left(language, sellable, total)),
        alarm: StoredValue::new(None),
    };
    on_change(move || {
        bar.alarm.set_value(None);
        if page::visibility().visible {
            bar.look_later(FIRST_LOOK_MS);
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
    alarm: StoredValue<Option<Alarm>>,
}

impl Bar {
    fn look_later(self, ms: i64) {
        let next = after(spread(ms), move || spawn_local(self.look()));
        // Refused when the bar is gone; the alarm goes with it.
        let _ = self.alarm.try_set_value(Some(next));
    }

    async fn look(self) {
        if let Ok(stock) = api::stock(self.item_id).await {
            self.value.set(stock.sellable.to_string());
            self.text
                .set(panel::left(self.language, stock.sellable, stock.total));
        }
        if page::is_visible() {
            self.look_later(LOOK_EVERY_MS);
        }
    }
}
