//! `/orders/{id}`: one order of the caller, its state and its history.

mod address;
mod printed;
mod receipt;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use self::address::AddressForm;
use self::{address::Shipping, printed::PrintedOrder, receipt::ConfirmReceipt};
use crate::{
    api,
    components::{
        Calendar, Icon, Instant, OrderBadge, Picture, Shape, fact, id_of_page, when_read,
    },
    islands::{CancelOrder, FollowPayment, OrderDeadline},
    routes,
    text::pages::{orders as say, shipping, shop_text},
    wire::{
        ApiError, CloseReason, Language, OrderDetail, OrderId, OrderMoment, OrderState,
        ShippingAddress, Switch,
    },
};

/// The page of the order named in the address.
#[component]
pub fn OrderPage() -> impl IntoView {
    let language = api::language();
    let read = read(id_of_page());
    when_read(language, read, move |(order, address, now_ms)| {
        let calendar = Calendar::of_page(now_ms, language);
        view! { <OrderView detail=order address calendar language /> }.into_any()
    })
}

type Read = (OrderDetail, Option<ShippingAddress>, i64);

async fn read(order_id: Result<OrderId, ApiError>) -> Result<Read, ApiError> {
    let order_id = order_id?;
    let order = api::order(order_id).await?;
    let address = api::shipping_address(order_id).await?;
    Ok((order, address, api::clock().await?.now_ms))
}

#[component]
fn OrderView(
    detail: OrderDetail,
    address: Option<ShippingAddress>,
    calendar: Calendar,
    language: Language,
) -> impl IntoView {
    view! {
        <Title text=say::order_title(language, &detail.order.number()) />
        <p class="back column">
            <a class="back__link" href=routes::ORDERS>
                <Icon shape=Shape::Back />
                {say::title(language)}
            </a>
        </p>
        <PrintedOrder detail=&detail address=address.clone() calendar language />
        <section class="column order">
            <Status detail=&detail calendar language />
            <Shipping detail=&detail address language />
            <Facts detail=&detail calendar language />
            <h2 class="order__heading">{say::what_happened(language)}</h2>
            <TimeLine history=&detail.history calendar language />
        </section>
    }
}

/// The page's one answer in large type: did I get it, and what now?
#[component]
fn Status<'a>(
    detail: &'a OrderDetail,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let order = &detail.order;
    // It is not yet certain that no money was taken.
    let has_refund = detail.refund.is_some() || detail.paying;
    let what_now = match (order.state, order.close_reason) {
        (OrderState::PendingPayment, _) => view! { <ToPay detail calendar language /> }.into_any(),
        (OrderState::Paid, _) => paragraph(say::thanks(language)),
        (OrderState::Shipped, _) => {
            view! { <ConfirmReceipt order_id=order.order_id language /> }.into_any()
        }
        (OrderState::Received, _) => paragraph(shipping::received_text(language)),
        (OrderState::Refunding, _) => paragraph(say::refunding_text(language)),
        (OrderState::Refunded, _) => paragraph(say::refunded_text(language)),
        (OrderState::Closed, Some(CloseReason::Cancelled)) => paragraph(match has_refund {
            true => say::cancelled_refund(language),
            false => say::cancelled_text(language),
        }),
        (OrderState::Closed, _) => paragraph(match has_refund {
            true => say::closed_unpaid_refund(language),
            false => say::closed_unpaid_text(language),
        }),
    };
    let of_the_shop = matches!(order.state, OrderState::Refunding | OrderState::Refunded);
    let refund = detail.refund.filter(|_| !of_the_shop).map(|refund| {
        view! { <p class="order__text">{say::refund_text(language, &refund)}</p> }
    });
    view! {
        <div class="order__status">
            <h1 class="order__state"><OrderBadge order language /></h1>
            {what_now}
            {refund}
        </div>
    }
    .into_any()
}

/// An unpaid order: the time left to pay, paying, cancelling. The pay button is a plain form, so
/// that it works without JavaScript.
#[component]
fn ToPay<'a>(
    detail: &'a OrderDetail,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let order = &detail.order;
    let (order_id, deadline_ms) = (order.order_id, order.pay_deadline_ms);
    let held_until = say::held_until(language, &calendar.when(deadline_ms));
    let action = routes::pay(order_id);
    // No payment begins after the deadline; one in progress may still arrive.
    let is_over = deadline_ms <= calendar.now_ms();
    let label = match detail.paying {
        true => say::pay_again(language),
        false => say::pay(language),
    };
    let form = (!is_over).then(|| {
        view! {
            <form class="order__pay" method="post" action=action>
                <button class="button button--main" type="submit">{label}</button>
            </form>
        }
    });
    let following = detail.paying.then(|| {
        let text = match is_over {
            true => say::over_text(language),
            false => say::paying_text(language),
        };
        let following = view! { <FollowPayment order_id /> };
        view! { <p class="order__text" role="status">{text} {following}</p> }
    });
    let is_closed = use_query_map()
        .with_untracked(|query| query.get_str("problem") == Some(Switch::ReadingOnly.code()));
    let closed = is_closed.then(|| {
        view! { <p class="order__text" role="alert">{say::cannot_pay_now(language)}</p> }
    });
    view! {
        {closed}
        <OrderDeadline deadline_ms language />
        <p class="order__text"><Instant calendar at_ms=deadline_ms text=held_until /></p>
        {form}
        {following}
        <CancelOrder order_id language />
    }
    .into_any()
}

fn paragraph(words: &'static str) -> AnyView {
    view! { <p class="order__text">{words}</p> }.into_any()
}

#[component]
fn Facts<'a>(
    detail: &'a OrderDetail,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let order = &detail.order;
    let shipment = detail.shipment.clone().map(|shipment| {
        view! {
            {fact(shipping::carrier(language), shipment.carrier)}
            {fact(shipping::carrier_number(language), view! {
                <code class="facts__number">{shipment.number}</code>
            })}
        }
    });
    view! {
        <div class="order__item">
            <Picture url=order.picture_url.clone() sizes="124px" />
            <div>
                <h2 class="order__title">{order.title.get(language).to_owned()}</h2>
                <a href=routes::item(order.item_id)>{say::see_item(language)}</a>
            </div>
        </div>
        <dl class="facts">
            <div class="facts__row">
                <dt>{say::amount(language)}</dt>
                <dd class="facts__amount">{order.amount.to_string()}</dd>
            </div>
            {fact(say::made(language), view! {
                <Instant calendar at_ms=order.created_at_ms text=calendar.when(order.created_at_ms) />
            })}
            {shipment}
            {fact(say::number(language), view! {
                <code class="facts__number">{order.number()}</code>
                <span class="facts__hint">
                    {say::number_hint(language)} " "
                    <a href=routes::CONTACT>{shop_text::write_to_us(language)}</a>
                </span>
            })}
        </dl>
    }
    .into_any()
}

#[component]
fn TimeLine<'a>(
    history: &'a [OrderMoment],
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let moments = history
        .iter()
        .map(|moment| {
            view! {
                <li class="time-line__moment">
                    <span class="time-line__event">{say::event(language, moment.event)}</span>
                    <span class="time-line__time">
                        <Instant calendar at_ms=moment.at_ms text=calendar.exact(moment.at_ms) />
                    </span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="time-line">{moments}</ol> }
}
