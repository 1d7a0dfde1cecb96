//! The parts that run in the browser. Each island is rendered on the server in a state that is the
//! same for everybody, and reads the visitor's own state after it wakes up.

mod account_badge;
mod buy_panel;
mod cancel_order;
mod countdown;
mod follow_payment;
mod follow_reservation;
mod order_deadline;
mod phase_switch;
mod seen_messages;
mod stock_bar;

use leptos::prelude::*;

use crate::browser::effects::on_change;

pub use account_badge::AccountBadge;
pub use buy_panel::{BuyPanel, PanelItem};
pub use cancel_order::CancelOrder;
pub use countdown::Countdown;
pub use follow_payment::FollowPayment;
pub use follow_reservation::FollowReservation;
pub use order_deadline::OrderDeadline;
pub use phase_switch::{PhaseChange, PhaseSwitch};
pub use seen_messages::SeenMessages;
pub use stock_bar::StockBar;

/// The value of `data-ready`: missing in the server's page, `true` once the island is awake.
fn awake() -> Signal<Option<String>> {
    let awake = RwSignal::new(false);
    on_change(move || awake.set(true));
    Signal::derive(move || present(awake.get()))
}

/// An attribute that is `true` or missing.
fn present(flag: bool) -> Option<String> {
    flag.then(|| "true".to_owned())
}

/// For views: gives all signals of a value one type.
fn shown<T: Send + Sync + 'static>(signal: RwSignal<T>) -> Signal<T> {
    signal.into()
}
