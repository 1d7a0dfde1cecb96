//! The time left to pay, on the page of an unpaid order.

use leptos::prelude::*;

use super::{awake, shown};
use crate::{
    browser::{
        clock, page,
        ticking::{Instant, count_down},
        timers::{Alarm, after},
    },
    text::panel,
    wire::Language,
};

/// The server closes an order a moment after its deadline.
const SETTLED_AFTER_MS: i64 = 1_500;
/// No further reload for an order that is still open this long after its deadline.
const HOPELESS_AFTER_MS: i64 = 60_000;

/// Counts down by the server's clock. At zero it loads the page again, to show the order's new
/// state; if that is still open, again after as long as it is overdue, which is some six times in
/// the minute after which this gives up.
#[island]
pub fn OrderDeadline(deadline_ms: i64, language: Language) -> impl IntoView {
    let left = RwSignal::new(panel::COUNTDOWN_PLACEHOLDER.to_owned());
    let is_over = RwSignal::new(false);
    let alarm = StoredValue::new(None);
    count_down(
        move || Some(Instant::Server(deadline_ms)),
        move |left_ms| {
            left.set(panel::countdown(language, left_ms));
            if left_ms == 0 {
                is_over.set(true);
                reload_soon(deadline_ms, alarm);
            }
        },
    );
    let label = Signal::derive(move || panel::pay_within(language, is_over.get()).to_owned());
    view! {
        <p class="order-deadline" data-ready=awake()>
            <span class="order-deadline__label">
                {label}
            </span>
            " "
            <span class="order-deadline__left countdown">{shown(left)}</span>
        </p>
    }
}

fn reload_soon(deadline_ms: i64, alarm: StoredValue<Option<Alarm>>) {
    let overdue_ms = clock::now_ms().map_or(0, |now_ms| now_ms - deadline_ms);
    if overdue_ms < HOPELESS_AFTER_MS {
        alarm.set_value(Some(after(overdue_ms.max(SETTLED_AFTER_MS), page::reload)));
    }
}
