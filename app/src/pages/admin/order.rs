//! `/admin/orders/{id}`: an order's whole history, and the form to refund it.

use leptos::prelude::*;

use super::{
    confirmation::{Confirm, ConfirmationForm},
    frame::{Section, StaffFrame, for_staff},
    money::Payments,
    ship::Shipping,
};
use crate::{
    api,
    components::{Calendar, Instant, OrderBadge, fact, id_of_page, when_read},
    routes,
    text::pages::{admin, customers as say, orders, shipping},
    wire::{Language, OrderChange, OrderHistory, Permission, Role},
};

/// The page of the order named in the address.
#[component]
pub fn AdminOrderPage() -> impl IntoView {
    let language = api::language();
    let id = id_of_page();
    let read = for_staff(async move { api::admin_order(id?).await });
    when_read(language, read, move |(history, role, now_ms)| {
        view! { <History history role now_ms language /> }.into_any()
    })
}

#[component]
fn History(history: OrderHistory, role: Role, now_ms: i64, language: Language) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let order = &history.order;
    let may_refund = order.state.has_its_money() && Permission::RefundOrders.is_given_to(role);
    let refund = may_refund.then(|| {
        view! {
            <Confirm
                action=routes::refund_order(order.order_id)
                label=say::refund(language)
                means=say::refund_means(language, order.amount)
                button=say::refund_now(language)
                language
            />
        }
    });
    // The form is no longer shown.
    let problem = ConfirmationForm::of_page()
        .problem
        .filter(|_| !may_refund)
        .map(|problem| {
            let words = say::problem(language, &problem);
            view! { <p class="form__message" role="alert">{words}</p> }
        });
    let changes = history
        .changes
        .iter()
        .map(|change| view! { <Change change calendar language /> })
        .collect_view();
    let payments = (!history.payments.is_empty()).then(|| {
        view! {
            <h2>{say::payments(language)}</h2>
            <Payments payments=&history.payments calendar language />
        }
    });
    let badge = view! { <OrderBadge order language /> };
    let facts = view! { <Facts history=&history calendar language /> };
    let shipping = view! { <Shipping history=&history role language /> };
    let title = orders::order_title(language, &order.number());
    view! {
        <StaffFrame here=Section::Orders role title language>
            <p>{badge}</p>
            {problem}
            {facts}
            {shipping}
            {refund}
            <h2>{orders::what_happened(language)}</h2>
            <ol class="time-line">{changes}</ol>
            {payments}
        </StaffFrame>
    }
}

#[component]
fn Facts<'a>(
    history: &'a OrderHistory,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let OrderHistory { order, buyer, .. } = history;
    let shipment = history.shipment.clone().map(|shipment| {
        let number = view! { {shipment.carrier} " " <code>{shipment.number}</code> };
        fact(shipping::carrier(language), number)
    });
    view! {
        <dl class="facts">
            {fact(say::buyer(language), view! {
                <a href=routes::admin_buyer(buyer.account_id)>{buyer.nickname.clone()}</a>
                " " {buyer.mobile.clone()}
            })}
            {fact(admin::item(language), view! {
                <a href=routes::item(order.item_id)>{order.title.get(language).to_owned()}</a>
            })}
            {fact(orders::amount(language), order.amount.to_string())}
            {fact(say::to_be_paid_before(language), view! {
                <Instant calendar at_ms=order.pay_deadline_ms text=calendar.exact(order.pay_deadline_ms) />
            })}
            {shipment}
            {fact(say::order_id(language), view! { <code>{order.order_id.to_string()}</code> })}
            {fact(say::reservation_id(language), view! { <code>{history.reservation_id.to_string()}</code> })}
        </dl>
    }
    .into_any()
}

#[component]
fn Change<'a>(
    change: &'a OrderChange,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let by = change.actor.as_ref().map(|actor| say::by(language, actor));
    view! {
        <li class="time-line__moment">
            <span class="time-line__event">
                {say::event(language, change.event)}
                {by.map(|by| view! { " " <span class="admin__soft">{by}</span> })}
            </span>
            <span class="time-line__time">
                <Instant calendar at_ms=change.at_ms text=calendar.exact(change.at_ms) />
            </span>
        </li>
    }
    .into_any()
}
