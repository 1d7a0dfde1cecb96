//! Follows an order whose buyer went to pay, on a page that was rendered before the result.

use leptos::{prelude::*, task::spawn_local};

use super::awake;
use crate::{
    api,
    browser::{
        effects::on_change,
        page,
        timers::{Alarm, after, spread, within},
    },
    wire::{OrderId, OrderState},
};

/// Between two polls. The server asks the provider at most once in three seconds.
const PAUSE_MS: i64 = 3_000;
/// About ten minutes: the time to pay of most rounds. It starts again when the page is shown again.
const LOOKS: u32 = 200;
/// A request without an answer for this long counts as lost.
const TIMEOUT_MS: i64 = 6_000;

/// Polls the order until it no longer waits for the payment; then loads the page again.
#[island]
pub fn FollowPayment(order_id: OrderId) -> impl IntoView {
    let alarm = StoredValue::new(None);
    on_change(move || {
        alarm.set_value(None);
        if page::visibility().visible {
            look_later(order_id, LOOKS, alarm);
        }
    });
    view! { <span data-ready=awake()></span> }
}

fn look_later(order_id: OrderId, looks: u32, alarm: StoredValue<Option<Alarm>>) {
    if looks == 0 {
        return;
    }
    let look = move || {
        spawn_local(async move {
            match within(TIMEOUT_MS, api::order(order_id)).await {
                Some(Ok(now)) if now.order.state != OrderState::PendingPayment || !now.paying => {
                    page::reload();
                }
                _ => look_later(order_id, looks - 1, alarm),
            }
        });
    };
    alarm.set_value(Some(after(spread(PAUSE_MS), look)));
}
