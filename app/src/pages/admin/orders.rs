//! `/admin/orders`: all orders, newest first. The filter is in the address.

use leptos::prelude::*;

use super::{
    frame::{Next, Section, StaffFrame, for_staff, parameter},
    table::{Column, Kind, table},
};
use crate::{
    api,
    components::{Calendar, Instant, OrderBadge, when_read},
    routes,
    text::pages::{admin, customers as say, orders, ship_list},
    wire::{ItemId, Language, ListedOrder, OrderList, OrderState, Permission, Role},
};

const STATES: [(OrderState, &str); 7] = [
    (OrderState::PendingPayment, "pending_payment"),
    (OrderState::Paid, "paid"),
    (OrderState::Shipped, "shipped"),
    (OrderState::Received, "received"),
    (OrderState::Refunding, "refunding"),
    (OrderState::Refunded, "refunded"),
    (OrderState::Closed, "closed"),
];

/// The filter in the address. Unknown filter values are ignored.
#[derive(Clone)]
struct Filter {
    search: String,
    state: &'static str,
    item_id: Option<ItemId>,
}

impl Filter {
    fn of_page() -> Self {
        let state = parameter("state").unwrap_or_default();
        let known = STATES.iter().find(|(_, word)| *word == state);
        Self {
            search: parameter("search").unwrap_or_default(),
            state: known.map_or("", |(_, word)| word),
            item_id: parameter("item").and_then(|id| id.parse().ok()),
        }
    }

    fn state(&self) -> Option<OrderState> {
        let found = STATES.iter().find(|(_, word)| *word == self.state);
        found.map(|(state, _)| *state)
    }

    /// The same list from `before` on.
    fn older(&self, before: &str) -> String {
        let item = self.item_id.map(|id| id.to_string()).unwrap_or_default();
        let fields = [
            ("search", self.search.as_str()),
            ("state", self.state),
            ("item", &item),
            ("before", before),
        ];
        routes::with_query(routes::ADMIN_ORDERS, &fields)
    }
}

/// The list of orders.
#[component]
pub fn AdminOrdersPage() -> impl IntoView {
    let language = api::language();
    let filter = Filter::of_page();
    let before = parameter("before").and_then(|id| id.parse().ok());
    let search = Some(filter.search.clone());
    let list = api::admin_orders(search, filter.state(), filter.item_id, before);
    when_read(language, for_staff(list), move |(list, role, now_ms)| {
        view! { <Orders list filter role now_ms language /> }.into_any()
    })
}

#[component]
fn Orders(
    list: OrderList,
    filter: Filter,
    role: Role,
    now_ms: i64,
    language: Language,
) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let next = list.next.map(|before| filter.older(&before.to_string()));
    let is_empty = list.orders.is_empty();
    let files = view! { <Files filter=filter.clone() role language /> };
    let rows = list
        .orders
        .iter()
        .map(|row| view! { <Row row calendar language /> })
        .collect_view();
    let table = (!is_empty).then(|| {
        table(
            Kind::List,
            admin::orders(language),
            [
                Column::Plain(orders::number(language)),
                Column::Plain(say::buyer(language)),
                Column::Plain(admin::item(language)),
                Column::Sum(orders::amount(language)),
                Column::Plain(say::state(language)),
                Column::Plain(orders::made(language)),
            ],
            rows,
        )
    });
    view! {
        <StaffFrame here=Section::Orders role title=admin::orders(language) language>
            <Search filter language />
            {files}
            {is_empty.then(|| view! { <p>{say::no_orders(language)}</p> })}
            {table}
            <Next href=next language />
        </StaffFrame>
    }
}

/// Links to export orders and to ship by a file.
#[component]
fn Files(filter: Filter, role: Role, language: Language) -> impl IntoView {
    let item = filter.item_id.map(|id| id.to_string()).unwrap_or_default();
    let export = Permission::ExportOrders.is_given_to(role).then(|| {
        view! {
            <form method="post" action=routes::EXPORT_ORDERS>
                <input type="hidden" name="search" value=filter.search />
                <input type="hidden" name="state" value=filter.state />
                <input type="hidden" name="item" value=item />
                <button class="button" type="submit" title=say::export_means(language)>{say::export(language)}</button>
            </form>
        }
    });
    let ship = Permission::ShipOrders.is_given_to(role).then(|| {
        view! { <a class="button" href=routes::SHIP_LIST>{ship_list::title(language)}</a> }
    });
    view! { <div class="admin__buttons admin__files">{export} {ship}</div> }
}

#[component]
fn Search(filter: Filter, language: Language) -> impl IntoView {
    let chosen = filter.state;
    let states = STATES
        .into_iter()
        .map(|(state, word)| {
            view! {
                <option value=word selected=word == chosen>{orders::state(language, state, None)}</option>
            }
        })
        .collect_view();
    let item = filter.item_id.map(|item_id| {
        view! { <input type="hidden" name="item" value=item_id.to_string() /> }
    });
    view! {
        <form class="admin__search" method="get" action=routes::ADMIN_ORDERS role="search">
            <label for="search">{say::search_orders(language)}</label>
            <input id="search" type="search" name="search" value=filter.search />
            <label for="state">{say::state(language)}</label>
            <select id="state" name="state">
                <option value="">{say::every_state(language)}</option>
                {states}
            </select>
            {item}
            <button class="button" type="submit">{say::find(language)}</button>
        </form>
    }
}

#[component]
fn Row<'a>(row: &'a ListedOrder, calendar: Calendar, language: Language) -> impl IntoView + use<> {
    let ListedOrder { order, buyer } = row;
    view! {
        <tr>
            <th scope="row">
                <a href=routes::admin_order(order.order_id)><code>{order.number()}</code></a>
            </th>
            <td>
                <a href=routes::admin_buyer(buyer.account_id)>{buyer.nickname.clone()}</a>
                " " <span class="admin__soft">{buyer.mobile.clone()}</span>
            </td>
            <td>{order.title.get(language).to_owned()}</td>
            <td class="admin__sum">{order.amount.to_string()}</td>
            <td><OrderBadge order language /></td>
            <td><Instant calendar at_ms=order.created_at_ms text=calendar.exact(order.created_at_ms) /></td>
        </tr>
    }
    .into_any()
}
