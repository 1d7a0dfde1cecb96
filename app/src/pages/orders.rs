//! `/orders`: the caller's reservations without an order, and the orders, newest first. Rendered per
//! request; visitors who are signed out never get here.

mod reservation;

use leptos::prelude::*;
use leptos_meta::Title;

use self::reservation::ReservationRow;
use crate::{
    api,
    components::{Calendar, Dial, Instant, OrderBadge, Picture, when_read},
    routes,
    text::pages::{account, inbox, orders as say},
    wire::{ApiError, Language, Order, OrderState, Reservation, ReservationState},
};

/// The list of orders.
#[component]
pub fn OrdersPage() -> impl IntoView {
    let language = api::language();
    when_read(language, read(), move |mine| {
        view! { <Everything mine language /> }.into_any()
    })
}

/// The page's data.
struct Mine {
    /// `None` when it is unknown whether there are any.
    reservations: Option<Vec<Reservation>>,
    orders: Vec<Order>,
    now_ms: i64,
}

/// Reservations first: one that becomes an order in between is shown twice rather than never.
async fn read() -> Result<Mine, ApiError> {
    let reservations = match api::reservations().await {
        Err(ApiError::Busy { .. }) => None,
        known => Some(known?),
    };
    Ok(Mine {
        reservations,
        orders: api::orders().await?,
        now_ms: api::clock().await?.now_ms,
    })
}

#[component]
fn Everything(mine: Mine, language: Language) -> impl IntoView {
    let Mine {
        reservations,
        orders,
        now_ms,
    } = mine;
    let calendar = Calendar::of_page(now_ms, language);
    let is_empty = orders.is_empty() && reservations.as_ref().is_some_and(Vec::is_empty);
    let reservations = match reservations {
        Some(mut open) => {
            open.retain(|reservation| !has_become_order(reservation, &orders));
            view! { <Reservations open calendar language /> }.into_any()
        }
        None => view! { <p class="orders__unknown" role="status">{say::reservations_unknown(language)}</p> }
            .into_any(),
    };
    let rows = orders
        .iter()
        .map(|order| view! { <OrderRow order calendar language /> })
        .collect_view();
    let list = (!orders.is_empty()).then(|| {
        view! {
            <p class="lead">{say::newest_first(language)}</p>
            <ol class="orders">{rows}</ol>
        }
    });
    view! {
        <Title text=say::title(language) />
        <section class="column">
            <h1>{say::title(language)}</h1>
            {reservations}
            {list}
            {is_empty.then(|| view! { <Empty language /> })}
            <p class="aside"><a href=routes::MESSAGES>{inbox::to_messages(language)}</a></p>
            <p class="aside"><a href=routes::ACCOUNT>{account::to_account(language)}</a></p>
        </section>
    }
}

/// Whether the order was written after the reservation was read as queued.
fn has_become_order(reservation: &Reservation, orders: &[Order]) -> bool {
    reservation.state == ReservationState::Queued
        && orders.iter().any(|order| {
            order.item_id == reservation.item_id && order.created_at_ms >= reservation.held_at_ms
        })
}

#[component]
fn Reservations(open: Vec<Reservation>, calendar: Calendar, language: Language) -> impl IntoView {
    let rows = open
        .iter()
        .map(|reservation| view! { <ReservationRow reservation calendar language /> })
        .collect_view();
    (!open.is_empty()).then(|| {
        view! { <ol class="orders" aria-label=say::reservations(language)>{rows}</ol> }
    })
}

#[component]
fn OrderRow<'a>(order: &'a Order, calendar: Calendar, language: Language) -> impl IntoView + use<> {
    let what_to_do = match order.state {
        OrderState::PendingPayment => {
            let text = say::held_until(language, &calendar.when(order.pay_deadline_ms));
            view! { <Instant calendar at_ms=order.pay_deadline_ms text /> }.into_any()
        }
        OrderState::Paid => say::to_be_shipped(language).into_any(),
        OrderState::Shipped => say::on_its_way(language).into_any(),
        OrderState::Received | OrderState::Refunded => say::nothing_to_do(language).into_any(),
        OrderState::Refunding => say::refunding_text(language).into_any(),
        OrderState::Closed => say::back_on_sale(language).into_any(),
    };
    view! {
        <li class="order-row">
            <Picture url=order.picture_url.clone() sizes="124px" />
            <div class="order-row__body">
                <p class="order-row__top">
                    <OrderBadge order language />
                    <span class="order-row__made">
                        <Instant calendar at_ms=order.created_at_ms text=calendar.when(order.created_at_ms) />
                    </span>
                </p>
                <h2 class="order-row__title">
                    <a class="card__link" href=routes::order(order.order_id)>
                        {order.title.get(language).to_owned()}
                    </a>
                </h2>
                <p class="order-row__hint">{what_to_do}</p>
            </div>
            <p class="order-row__amount">{order.amount.to_string()}</p>
        </li>
    }
}

#[component]
fn Empty(language: Language) -> impl IntoView {
    view! {
        <div class="notice">
            <Dial />
            <h2 class="notice__title">{say::empty_title(language)}</h2>
            <p class="notice__text">{say::empty_text(language)}</p>
            <div class="notice__actions">
                <a class="button button--main" href=routes::HOME>{say::empty_action(language)}</a>
            </div>
        </div>
    }
}
