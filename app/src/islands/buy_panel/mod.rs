//! The buy panel: one component, one state machine. The mind is `machine`, the words for what it
//! shows are `face`, its hands are `run`; here is the body, the same few elements in every state,
//! so that nothing jumps and the focus stays where it was.

mod captcha;
mod face;
mod machine;
mod run;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use self::{
    captcha::CaptchaSheet,
    face::{Big, Face},
    machine::Event,
    run::Runner,
};
use super::awake;
use crate::{
    browser::ticking::count_down,
    text::panel,
    wire::{ItemId, Language, Money},
};

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

/// The whole way from "when?" to "did I get it?".
#[island]
pub fn BuyPanel(item: PanelItem, language: Language) -> impl IntoView {
    let runner = Runner::new(&item, language);
    let state = runner.state();
    let button = NodeRef::new();
    let face = Memo::new(move |_| Face::of(&state.get(), &item, language));
    let counted = RwSignal::new(String::new());
    count_down(
        move || face.with(|face| face.big.until_ms()),
        move |left_ms| {
            let text = face.with_untracked(|face| face.big.at(left_ms, language));
            if counted.with_untracked(|shown| *shown != text) {
                counted.set(text);
            }
        },
    );
    let ready = awake();
    runner.live();
    let big = move || match face.with(|face| face.big.clone()) {
        Big::Words(words) => words,
        Big::Clock(_) | Big::Seconds(_) => counted.get(),
    };
    let link_label = move || face.with(|face| face.link.as_ref().map(|link| link.label));
    let link_href = move || face.with(|face| face.link.as_ref().map(|link| link.href.clone()));

    view! {
        <section
            class="buy-panel"
            data-island="buy-panel"
            data-state=move || state.with(|state| state.name())
            data-ready=ready
            aria-label=panel::panel_label(language)
        >
            <p class="buy-panel__status" role="status" aria-live="polite">
                {move || face.with(|face| face.status.clone())}
            </p>
            <p class="buy-panel__big countdown">
                {big}
            </p>
            <p class="buy-panel__hint">{move || face.with(|face| face.hint.clone())}</p>
            <div class="buy-panel__actions">
                <button
                    node_ref=button
                    type="button"
                    class="buy-panel__button"
                    hidden=move || face.with(|face| face.button.is_none())
                    disabled=move || face.with(Face::is_button_dead)
                    aria-disabled=move || face.with(Face::is_button_locked).then_some("true")
                    on:click=move |_| runner.send(Event::Pressed)
                >
                    {move || face.with(|face| face.button.as_ref().map(|it| it.label.clone()))}
                </button>
                <a
                    class="buy-panel__link"
                    hidden=move || link_href().is_none()
                    href=link_href
                >
                    {link_label}
                </a>
            </div>
            <CaptchaSheet runner=runner opener=button language=language />
        </section>
    }
    // One type for the compiler: the whole tree's own would be deeper than it looks.
    .into_any()
}
