//! What lives in the browser. Each island is rendered on the server in a state that is the same
//! for everybody, and finds the visitor's own state after it woke up.

mod account_badge;
mod buy_panel;
mod cancel_order;
mod countdown;
mod order_deadline;
mod stock_bar;

use leptos::prelude::*;

pub use account_badge::AccountBadge;
pub use buy_panel::{BuyPanel, PanelItem};
pub use cancel_order::CancelOrder;
pub use countdown::Countdown;
pub use order_deadline::OrderDeadline;
pub use stock_bar::StockBar;

/// The value of `data-ready`: nothing in what the server renders, `true` once the island is awake.
fn awake() -> impl Fn() -> Option<&'static str> + Copy {
    let awake = RwSignal::new(false);
    Effect::new(move || awake.set(true));
    move || awake.get().then_some("true")
}
