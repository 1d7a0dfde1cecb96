//! `/admin/money`: payments, refunds, and money that matches no payment.

use leptos::prelude::*;

use super::{
    frame::{Next, Section, StaffFrame, for_staff, parameter},
    table::{Column, Kind, table},
};
use crate::{
    api,
    components::{Calendar, Instant, when_read},
    routes,
    text::pages::{admin, customers as say, orders},
    wire::{
        Language, ListedPayment, Money, PaymentGroup, PaymentList, Received, Role, UnmatchedMoney,
    },
};

const GROUPS: [(PaymentGroup, &str); 4] = [
    (PaymentGroup::Open, "open"),
    (PaymentGroup::Paid, "paid"),
    (PaymentGroup::GoingBack, "going_back"),
    (PaymentGroup::WentBack, "went_back"),
];

/// The list of payments.
#[component]
pub fn AdminMoneyPage() -> impl IntoView {
    let language = api::language();
    let group = parameter("group").unwrap_or_default();
    let group = GROUPS.into_iter().find(|(_, word)| *word == group);
    let before = parameter("before").and_then(|id| id.parse().ok());
    let list = api::admin_payments(group.map(|(group, _)| group), before);
    when_read(language, for_staff(list), move |(list, role, now_ms)| {
        let group = group.map_or("", |(_, word)| word);
        view! { <MoneyPage list group role now_ms language /> }.into_any()
    })
}

#[component]
fn MoneyPage(
    list: PaymentList,
    group: &'static str,
    role: Role,
    now_ms: i64,
    language: Language,
) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let next = list.next.map(|before| {
        let fields = [("group", group), ("before", &before.to_string())];
        routes::with_query(routes::ADMIN_MONEY, &fields)
    });
    let is_empty = list.payments.is_empty();
    let payments = (!is_empty).then(|| {
        view! { <Payments payments=&list.payments calendar language /> }
    });
    let unmatched = view! { <Unmatched unmatched=&list.unmatched calendar language /> };
    view! {
        <StaffFrame here=Section::Money role title=admin::money(language) language>
            {unmatched}
            <form class="admin__search" method="get" action=routes::ADMIN_MONEY>
                <label for="group">{say::payments(language)}</label>
                <select id="group" name="group">
                    <option value="">{say::every_payment(language)}</option>
                    {GROUPS
                        .into_iter()
                        .map(|(of, word)| view! {
                            <option value=word selected=word == group>{say::group(language, of)}</option>
                        })
                        .collect_view()}
                </select>
                <button class="button" type="submit">{say::find(language)}</button>
            </form>
            {is_empty.then(|| view! { <p>{say::no_payments(language)}</p> })}
            {payments}
            <Next href=next language />
        </StaffFrame>
    }
}

/// Payments, one row each.
#[component]
pub fn Payments<'a>(
    payments: &'a [ListedPayment],
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let rows = payments
        .iter()
        .map(|payment| view! { <Row payment calendar language /> })
        .collect_view();
    table(
        Kind::List,
        say::payments(language),
        [
            Column::Plain(say::order(language)),
            Column::Sum(orders::amount(language)),
            Column::Sum(say::received(language)),
            Column::Plain(say::state(language)),
            Column::Plain(say::provider(language)),
            Column::Plain(say::begun(language)),
        ],
        rows,
    )
}

#[component]
fn Row<'a>(
    payment: &'a ListedPayment,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let why = payment
        .refund_reason
        .map(|reason| say::refund_reason(language, reason));
    let tries = (payment.refund_tries > 1).then(|| say::tries(language, payment.refund_tries));
    view! {
        <tr>
            <th scope="row">
                <a href=routes::admin_order(payment.order_id)>
                    <code>{payment.order_id.number()}</code>
                </a>
            </th>
            <td class="admin__sum">{payment.amount.to_string()}</td>
            <td class="admin__sum">{payment.received.as_ref().map(sum)}</td>
            <td>
                {say::payment_state(language, payment.state)}
                {why.map(|why| view! { " " <span class="admin__soft">{why}</span> })}
                {tries.map(|tries| view! { " " <span class="admin__soft">{tries}</span> })}
            </td>
            <td>
                {payment.provider.clone()}
                " " <code class="admin__soft">{payment.provider_number.clone()}</code>
            </td>
            <td><Instant calendar at_ms=payment.created_at_ms text=calendar.exact(payment.created_at_ms) /></td>
        </tr>
    }
    .into_any()
}

/// A sum in its currency. Only the shop's own currency has known decimals.
fn sum(received: &Received) -> String {
    match received.currency.as_str() {
        "CNY" => Money(received.minor).to_string(),
        other => format!("{} {other}", received.minor),
    }
}

/// Unexpected money, with what to do about it.
#[component]
fn Unmatched<'a>(
    unmatched: &'a [UnmatchedMoney],
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let rows = unmatched
        .iter()
        .map(|money| {
            view! {
                <li>
                    {money.received.as_ref().map(sum)}
                    " " {money.provider.clone()}
                    " " <code>{money.provider_number.clone()}</code>
                    " " <code class="admin__soft">{money.merchant_number.clone()}</code>
                    " "
                    <span class="admin__soft">
                        <Instant
                            calendar
                            at_ms=money.received_at_ms
                            text=calendar.exact(money.received_at_ms)
                        />
                    </span>
                </li>
            }
        })
        .collect_view();
    (!unmatched.is_empty()).then(|| {
        view! {
            <div class="admin__words" role="note">
                <h2>{say::unmatched(language)}</h2>
                <p>{say::unmatched_text(language)}</p>
                <ul class="admin__plain">{rows}</ul>
            </div>
        }
    })
}
