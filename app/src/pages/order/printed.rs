//! An order on paper: facts that stay true without the page. Hidden on a screen; the only content in print
//! (`public/order-print.css`).

use leptos::prelude::*;
use leptos_meta::Link;

use crate::{
    components::Calendar,
    text::pages::{self, orders as say, shipping},
    wire::{Language, OrderDetail, ShippingAddress},
};

/// The shop, the order, and where it is sent.
#[component]
pub fn PrintedOrder<'a>(
    detail: &'a OrderDetail,
    /// The order's shipping address, if that is shown.
    address: Option<ShippingAddress>,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let order = &detail.order;
    let address = address.map(|address| {
        let lines = [
            format!("{} {}", address.name, address.mobile),
            address.address,
        ];
        (shipping::title(language), lines.join("\n"))
    });
    let facts = [
        (say::number(language), order.number()),
        (say::made(language), calendar.full(order.created_at_ms)),
        (say::item(language), order.title.get(language).to_owned()),
        (say::amount(language), order.amount.to_string()),
        (
            say::status(language),
            say::state(language, order.state, order.close_reason).to_owned(),
        ),
    ];
    let rows = facts
        .into_iter()
        .chain(address)
        .map(|(name, value)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
        .collect_view();
    let printed = say::printed(language, &calendar.full(calendar.now_ms()));
    view! {
        <Link rel="stylesheet" href="/order-print.css" media="print" />
        <section class="printed" hidden>
            <h1>{pages::shop_name(language)}</h1>
            <dl>{rows}</dl>
            <p>{printed}</p>
        </section>
    }
    .into_any()
}
