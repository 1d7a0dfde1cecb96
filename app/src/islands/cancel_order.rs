//! Cancelling an unpaid order: asked once more in place, then done.

use leptos::{html, prelude::*, task::spawn_local};

use super::awake;
use crate::{
    api,
    browser::{page, timers::within},
    text::panel,
    wire::{ApiError, Language, OrderId},
};

/// A request without an answer for so long is taken for lost.
const PATIENCE_MS: i64 = 10_000;

/// Where the cancellation stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Idle,
    Confirming,
    Cancelling,
}

/// A button that asks before it acts. Whatever comes of it, the page shows the truth afterwards.
#[island]
pub fn CancelOrder(order_id: OrderId, language: Language) -> impl IntoView {
    let step = RwSignal::new(Step::Idle);
    let error = RwSignal::new(None::<&'static str>);
    let (start, keep) = (
        NodeRef::<html::Button>::new(),
        NodeRef::<html::Button>::new(),
    );
    // The focus follows the question, and goes back when it is taken back.
    Effect::new(move |before: Option<Step>| {
        let now = step.get();
        let target = match (before, now) {
            (Some(Step::Idle), Step::Confirming) => keep,
            (Some(_), Step::Idle) => start,
            _ => return now,
        };
        if let Some(button) = target.get_untracked() {
            let _ = button.focus();
        }
        now
    });
    let cancel = move |_| {
        if step.get_untracked() != Step::Confirming {
            return;
        }
        step.set(Step::Cancelling);
        error.set(None);
        spawn_local(async move {
            match within(PATIENCE_MS, api::cancel(order_id)).await {
                // In another state: paid or closed in the meantime, which the page will show.
                Some(Ok(_) | Err(ApiError::OrderState | ApiError::Unauthenticated)) => {
                    page::reload();
                }
                Some(Err(ApiError::RateLimited { .. })) => {
                    error.set(Some(panel::cancel_too_often(language)));
                    step.set(Step::Idle);
                }
                Some(Err(_)) | None => {
                    error.set(Some(panel::cancel_failed(language)));
                    step.set(Step::Idle);
                }
            }
        });
    };
    let locked = move || (step.get() == Step::Cancelling).then_some("true");
    view! {
        <div class="cancel-order" data-ready=awake()>
            <button
                node_ref=start
                type="button"
                class="cancel-order__start"
                hidden=move || step.get() != Step::Idle
                on:click=move |_| step.set(Step::Confirming)
            >
                {panel::cancel_order(language)}
            </button>
            <div
                class="cancel-order__confirm"
                role="group"
                aria-labelledby="cancel-order-question"
                hidden=move || step.get() == Step::Idle
            >
                <p class="cancel-order__question" id="cancel-order-question">
                    {panel::cancel_question(language)}
                </p>
                <button
                    node_ref=keep
                    type="button"
                    class="cancel-order__keep"
                    aria-disabled=locked
                    on:click=move |_| {
                        if step.get_untracked() == Step::Confirming {
                            step.set(Step::Idle);
                        }
                    }
                >
                    {panel::cancel_keep(language)}
                </button>
                <button
                    type="button"
                    class="cancel-order__yes"
                    aria-disabled=locked
                    on:click=cancel
                >
                    {panel::cancel_yes(language)}
                </button>
            </div>
            <p class="cancel-order__error" role="alert">{error}</p>
        </div>
    }
}
