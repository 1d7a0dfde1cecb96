//! Cancelling an unpaid order: confirmed in place, then done.

use leptos::{html, prelude::*, task::spawn_local};

use super::{awake, present, shown};
use crate::{
    api,
    browser::{effects::on_change, page, timers::within},
    text::panel,
    wire::{ApiError, Language, OrderId},
};

/// A request without an answer for this long counts as lost.
const TIMEOUT_MS: i64 = 10_000;

/// A button that asks before it acts. Afterwards the page shows the order's true state.
#[island]
pub fn CancelOrder(order_id: OrderId, language: Language) -> impl IntoView {
    let (asks, acts) = (RwSignal::new(false), RwSignal::new(false));
    let error = RwSignal::new(String::new());
    let (start, keep) = (
        NodeRef::<html::Button>::new(),
        NodeRef::<html::Button>::new(),
    );
    let does_not_ask = Signal::derive(move || !asks.get());
    let locked = Signal::derive(move || present(acts.get()));
    let view = view! {
        <div class="cancel-order" data-ready=awake()>
            <button
                node_ref=start
                type="button"
                class="cancel-order__start"
                hidden=shown(asks)
                on:click=move |_| asks.set(true)
            >
                {panel::cancel_order(language)}
            </button>
            <div
                class="cancel-order__confirm"
                role="group"
                aria-labelledby="cancel-order-question"
                hidden=does_not_ask
            >
                <p class="cancel-order__question" id="cancel-order-question">
                    {panel::cancel_question(language)}
                </p>
                <button
                    node_ref=keep
                    type="button"
                    class="cancel-order__keep"
                    aria-disabled=locked
                    on:click=move |_| asks.update(|asks| *asks = acts.get_untracked())
                >
                    {panel::cancel_keep(language)}
                </button>
                <button
                    type="button"
                    class="cancel-order__yes"
                    aria-disabled=locked
                    on:click=move |_| cancel(order_id, language, asks, acts, error)
                >
                    {panel::cancel_yes(language)}
                </button>
            </div>
            <p class="cancel-order__error" role="alert">
                {shown(error)}
            </p>
        </div>
    };
    focus_follows(asks, keep, start);
    view
}

/// Cancels, once: further presses are ignored while an answer is awaited.
fn cancel(
    order_id: OrderId,
    language: Language,
    asks: RwSignal<bool>,
    acts: RwSignal<bool>,
    error: RwSignal<String>,
) {
    if acts.get_untracked() {
        return;
    }
    acts.set(true);
    error.set(String::new());
    spawn_local(async move {
        match within(TIMEOUT_MS, api::cancel(order_id)).await {
            // In another state: paid or closed in the meantime, which the page will show.
            Some(Ok(_) | Err(ApiError::OrderState | ApiError::Unauthenticated)) => page::reload(),
            failed => {
                let why = failed.and_then(Result::err);
                error.set(panel::cancel_failed(language, why.as_ref()).to_owned());
                acts.set(false);
                asks.set(false);
            }
        }
    });
}

/// The focus moves to the confirmation, and back when that is dismissed. Created after the view, so
/// that it runs after the view's own effects: a hidden element cannot have the focus.
fn focus_follows(
    asks: RwSignal<bool>,
    question: NodeRef<html::Button>,
    start: NodeRef<html::Button>,
) {
    let mut before = None;
    on_change(move || {
        let now = asks.get();
        let target = if now { question } else { start };
        let changed = before.replace(now).is_some_and(|before| before != now);
        if let (true, Some(button)) = (changed, target.get_untracked()) {
            let _ = button.focus();
        }
    });
}
