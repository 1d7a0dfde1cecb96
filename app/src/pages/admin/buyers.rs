//! `/admin/buyers`: the buyers, newest first; and `/admin/buyers/{id}`: one of them.

use leptos::prelude::*;

use super::{
    confirmation::Confirm,
    frame::{Next, Section, StaffFrame, for_staff, parameter},
    table::{Column, Kind, table},
};
use crate::{
    api,
    components::{Calendar, Icon, Instant, OrderBadge, Shape, fact, id_of_page, when_read},
    routes,
    text::pages::{admin, customers as say, orders},
    wire::{
        Buyer, BuyerHistory, BuyerList, Language, Order, Permission, Reservation, ReservationState,
        Role,
    },
};

/// The list of buyers.
#[component]
pub fn AdminBuyersPage() -> impl IntoView {
    let language = api::language();
    let search = parameter("search").unwrap_or_default();
    let before = parameter("before").and_then(|id| id.parse().ok());
    let list = api::admin_buyers(Some(search.clone()), before);
    when_read(language, for_staff(list), move |(list, role, now_ms)| {
        view! { <Buyers list search role now_ms language /> }.into_any()
    })
}

#[component]
fn Buyers(
    list: BuyerList,
    search: String,
    role: Role,
    now_ms: i64,
    language: Language,
) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let next = list.next.map(|before| {
        let fields = [("search", search.as_str()), ("before", &before.to_string())];
        routes::with_query(routes::ADMIN_BUYERS, &fields)
    });
    let is_empty = list.buyers.is_empty();
    let rows = list
        .buyers
        .iter()
        .map(|buyer| view! { <Row buyer calendar language /> })
        .collect_view();
    let table = (!is_empty).then(|| {
        table(
            Kind::List,
            admin::buyers(language),
            [
                say::nickname(language),
                say::mobile(language),
                say::registered(language),
                say::state(language),
            ]
            .map(Column::Plain),
            rows,
        )
    });
    view! {
        <StaffFrame here=Section::Buyers role title=admin::buyers(language) language>
            <form class="admin__search" method="get" action=routes::ADMIN_BUYERS role="search">
                <label for="search">{say::search_buyers(language)}</label>
                <input id="search" type="search" name="search" value=search />
                <button class="button" type="submit">{say::find(language)}</button>
            </form>
            {is_empty.then(|| view! { <p>{say::no_buyers(language)}</p> })}
            {table}
            <Next href=next language />
        </StaffFrame>
    }
}

#[component]
fn Row<'a>(buyer: &'a Buyer, calendar: Calendar, language: Language) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">
                <a href=routes::admin_buyer(buyer.account_id)>{buyer.nickname.clone()}</a>
            </th>
            <td>{buyer.mobile.clone()}</td>
            <td><Instant calendar at_ms=buyer.created_at_ms text=calendar.exact(buyer.created_at_ms) /></td>
            <td><Status banned=buyer.banned language /></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Status(banned: bool, language: Language) -> impl IntoView {
    match banned {
        true => view! {
            <span class="badge badge--waiting">
                <Icon shape=Shape::Withdrawn />
                {say::banned(language)}
            </span>
        }
        .into_any(),
        false => view! { <span>{say::may_buy(language)}</span> }.into_any(),
    }
}

/// The page of the buyer named in the address.
#[component]
pub fn AdminBuyerPage() -> impl IntoView {
    let language = api::language();
    let id = id_of_page();
    let read = for_staff(async move { api::admin_buyer(id?).await });
    when_read(language, read, move |(history, role, now_ms)| {
        view! { <History history role now_ms language /> }.into_any()
    })
}

#[component]
fn History(history: BuyerHistory, role: Role, now_ms: i64, language: Language) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let BuyerHistory {
        buyer,
        orders: bought,
        reservations,
    } = history;
    let action = routes::ban_buyer(buyer.account_id, !buyer.banned);
    let (label, means, button) = match buyer.banned {
        false => (
            say::ban(language),
            say::ban_means(language),
            say::ban_now(language),
        ),
        true => (
            say::unban(language),
            say::unban_means(language),
            say::unban_now(language),
        ),
    };
    let ban = Permission::BanBuyers.is_given_to(role).then(|| {
        view! { <Confirm action label means button language /> }
    });
    let no_orders = bought.is_empty().then(|| {
        view! { <p>{say::no_orders(language)}</p> }
    });
    let bought = bought
        .iter()
        .map(|order| view! { <Bought order calendar language /> })
        .collect_view();
    let missed = (!reservations.is_empty()).then(|| {
        let rows = reservations
            .iter()
            .map(|reservation| view! { <Missed reservation calendar language /> })
            .collect_view();
        view! {
            <h2>{orders::reservations(language)}</h2>
            <ul class="admin__plain">{rows}</ul>
        }
    });
    view! {
        <StaffFrame here=Section::Buyers role title=buyer.nickname.clone() language>
            <BuyerFacts buyer calendar language />
            {ban}
            <h2>{admin::orders(language)}</h2>
            {no_orders}
            <ul class="admin__plain">{bought}</ul>
            {missed}
        </StaffFrame>
    }
}

#[component]
fn BuyerFacts(buyer: Buyer, calendar: Calendar, language: Language) -> impl IntoView {
    view! {
        <dl class="facts">
            {fact(say::mobile(language), buyer.mobile)}
            {fact(say::registered(language), view! {
                <Instant calendar at_ms=buyer.created_at_ms text=calendar.exact(buyer.created_at_ms) />
            })}
            {fact(say::state(language), view! { <Status banned=buyer.banned language /> })}
        </dl>
    }
}

#[component]
fn Bought<'a>(order: &'a Order, calendar: Calendar, language: Language) -> impl IntoView + use<> {
    view! {
        <li>
            <a href=routes::admin_order(order.order_id)><code>{order.number()}</code></a>
            " " {order.title.get(language).to_owned()}
            " " {order.amount.to_string()}
            " " <OrderBadge order language />
            " "
            <span class="admin__soft">
                <Instant calendar at_ms=order.created_at_ms text=calendar.exact(order.created_at_ms) />
            </span>
        </li>
    }
    .into_any()
}

/// A reservation that has no order yet, or failed.
#[component]
fn Missed<'a>(
    reservation: &'a Reservation,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let words = match reservation.state {
        ReservationState::Failed => say::why_none(language, reservation.reason).to_owned(),
        _ => orders::queued(language, reservation.position),
    };
    view! {
        <li>
            <a href=routes::item(reservation.item_id)>{admin::item(language)}</a>
            " " {words} " "
            <span class="admin__soft">
                <Instant calendar at_ms=reservation.held_at_ms text=calendar.exact(reservation.held_at_ms) />
            </span>
        </li>
    }
    .into_any()
}
