//! The buy panel: one component, one state machine. `machine` decides, `view_model` computes what is
//! visible, `run` performs the machine's effects. This file has the view: the same few elements in
//! every state, so that nothing moves and the focus stays.

mod captcha;
mod machine;
#[cfg(feature = "ssr")]
mod preview;
mod run;
mod stored_path;
mod view_model;

use leptos::{html, prelude::*};
use serde::{Deserialize, Serialize};

use self::{captcha::CaptchaDialog, machine::Event, run::Runner, view_model::ViewModel};
use super::{awake, present};
use crate::{
    browser::ticking::count_down,
    text::panel,
    wire::{ItemId, Language, Money},
};

/// The page's own data about the item, the same for every visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelItem {
    pub item_id: ItemId,
    /// The round opens (inclusive).
    pub starts_at_ms: i64,
    /// The round closes (exclusive).
    pub ends_at_ms: i64,
    /// Questions and paths are given from this many seconds before the start.
    pub opens_before_s: u32,
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

/// All states of a buyer, from "when?" to "did I get it?".
#[island]
pub fn BuyPanel(item: PanelItem, language: Language) -> impl IntoView {
    let price = item.sale_price.to_string();
    let runner = Runner::new(item, language);
    let opener = NodeRef::new();
    let big = big_line(runner, language);
    runner.live();
    view! {
        <section
            class="buy-panel"
            data-island="buy-panel"
            data-state=runner.text(|model| model.name.to_owned())
            data-ready=awake()
            aria-label=panel::panel_label(language)
        >
            <p class="buy-panel__status" role="status" aria-live="polite">
                {runner.text(|model| model.status.clone())}
            </p>
            <p class="buy-panel__big countdown">{big}</p>
            <p class="buy-panel__hint">{runner.text(|model| model.hint.clone())}</p>
            <div class="buy-panel__actions">
                {not_started(language)}
                {summary(runner, price, big)}
                <div class="buy-panel__buttons">{buttons(runner, opener)}</div>
            </div>
            <CaptchaDialog runner=runner opener=opener language=language />
        </section>
    }
}

/// Sentences for a panel that does not wake up; a script of the page shows the right one, by its id
/// (`pages/item/start_check.js`).
fn not_started(language: Language) -> impl IntoView {
    view! {
        <p class="buy-panel__failed" id="buy-not-started" role="alert" hidden>
            {panel::not_started(language)} " " <a href="">{panel::reload_page(language)}</a>
        </p>
        <p class="buy-panel__failed" id="buy-no-wasm" role="alert" hidden>
            {panel::no_wasm(language)}
        </p>
    }
}

/// The text beside the button where small screens keep both visible. It repeats texts of the panel and
/// the page, so it is hidden from screen readers.
fn summary(runner: Runner, price: String, big: Signal<String>) -> impl IntoView {
    view! {
        <p class="buy-panel__summary" aria-hidden="true">
            <span class="buy-panel__line">{runner.text(|model| model.status.clone())}</span>
            <strong class="buy-panel__price">{price}</strong>
            <span class="buy-panel__time">{big}</span>
        </p>
    }
}

/// The main action, and the link onward.
fn buttons(runner: Runner, opener: NodeRef<html::Button>) -> impl IntoView {
    view! {
        <button
            node_ref=opener
            type="button"
            class="buy-panel__button"
            hidden=runner.flag(|model| model.button.is_none())
            disabled=runner.flag(ViewModel::is_button_dead)
            aria-disabled=runner.attribute(|model| present(model.is_button_locked()))
            on:click=move |_| runner.send(Event::Pressed)
        >
            {runner.text(ViewModel::button_label)}
        </button>
        <a
            class="buy-panel__link"
            hidden=runner.flag(|model| model.link.is_none())
            href=runner.attribute(|model| Some(model.link.as_ref()?.href.clone()))
        >
            {runner.text(ViewModel::link_label)}
        </a>
    }
}

/// The server renders figures only if nothing ticks: others would be old on arrival.
#[cfg(feature = "ssr")]
fn first_figures(runner: Runner, language: Language) -> String {
    let model = runner.model();
    model.with_untracked(|model| preview::figures(model, language))
}

/// The clock provides the figures.
#[cfg(not(feature = "ssr"))]
fn first_figures(_: Runner, _: Language) -> String {
    String::new()
}

/// The large line: words, or figures that tick without affecting anything else.
fn big_line(runner: Runner, language: Language) -> Signal<String> {
    let model = runner.model();
    let figures = RwSignal::new(first_figures(runner, language));
    count_down(
        move || model.with(|model| model.big.until()),
        move |left_ms| {
            let text = model.with_untracked(|model| model.big.at(left_ms, language));
            if figures.with_untracked(|shown| *shown != text) {
                figures.set(text);
            }
        },
    );
    Signal::derive(move || match model.with(|model| model.big.words()) {
        Some(words) => words,
        None => figures.get(),
    })
}
