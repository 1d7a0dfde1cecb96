//! `/admin/rounds/{id}/report`: a round's results as figures, as a chart with its table, and to print.

mod chart;

use std::sync::Arc;

use leptos::prelude::*;

use self::chart::Chart;
use super::{
    frame::{Section, StaffFrame, for_staff},
    table::{Column, Kind, table},
};
use crate::{
    api,
    components::{Calendar, fact, id_of_page, when_read},
    routes,
    text::pages::{admin, customers, orders, report as say},
    wire::{ApiError, ItemReport, Language, Role, RoundId, RoundReport, Waits},
};

/// The report of the round in the address.
#[component]
pub fn AdminReportPage() -> impl IntoView {
    let language = api::language();
    let read = read(id_of_page());
    when_read(language, for_staff(read), move |(report, role, now_ms)| {
        view! { <Report report role now_ms language /> }.into_any()
    })
}

async fn read(round_id: Result<RoundId, ApiError>) -> Result<Arc<RoundReport>, ApiError> {
    let visitor = api::visitor()?;
    api::back_office()?.round_report(&visitor, round_id?).await
}

#[component]
fn Report(report: Arc<RoundReport>, role: Role, now_ms: i64, language: Language) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let round_id = report.round_id;
    let heading = say::of_round(language, report.title.get(language));
    let span = calendar.span(report.starts_at_ms, report.ends_at_ms);
    view! {
        <StaffFrame here=Section::Rounds role title=heading language>
            <p class="lead">{span}</p>
            <p class="admin__soft">{say::read_at(language, &calendar.exact(report.read_at_ms))}</p>
            {report.is_cut.then(|| view! { <p class="admin__words">{say::is_cut(language)}</p> })}
            <p class="admin__buttons admin__links">
                <a href=routes::ADMIN_ROUNDS>{say::back(language)}</a>
                <a href=routes::round_report_csv(round_id)>"CSV"</a>
                <a href=routes::round_report_json(round_id)>"JSON"</a>
                <span class="admin__soft">{say::to_print(language)}</span>
            </p>
            <Items report=&report calendar language />
            <Money report=&report language />
            <Times report=&report calendar language />
            <Chart report=&report calendar language />
        </StaffFrame>
    }
}

/// The results of every item.
#[component]
fn Items<'a>(
    report: &'a RoundReport,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let row = |item: &ItemReport| {
        let sold_out = match item.sold_out_at_ms {
            Some(at_ms) => {
                let after = say::after_the_start(language, at_ms - report.starts_at_ms);
                format!("{} ({after})", calendar.to_the_second(at_ms))
            }
            None => say::not_sold_out(language).to_owned(),
        };
        view! {
            <tr>
                <th scope="row">{item.title.get(language).to_owned()}</th>
                <td>{item.sale_price.to_string()}</td>
                <td>{item.total}</td>
                <td>{item.sold}</td>
                <td>{item.locked}</td>
                <td>{item.sellable}</td>
                <td>{item.orders}</td>
                <td>{sold_out}</td>
            </tr>
        }
    };
    let rows = report.items.iter().map(row).collect_view();
    let table = table(
        Kind::Units,
        say::items(language),
        [
            admin::item(language),
            admin::price(language),
            admin::total(language),
            admin::sold(language),
            admin::locked(language),
            admin::sellable(language),
            admin::orders(language),
            say::sold_out(language),
        ]
        .map(Column::Plain),
        rows,
    );
    view! {
        <h2>{say::items(language)}</h2>
        {table}
    }
}

/// Orders by state, and the money.
#[component]
fn Money<'a>(report: &'a RoundReport, language: Language) -> impl IntoView + use<> {
    let states = report
        .states
        .iter()
        .map(|sum| {
            let value = format!("{} · {}", sum.orders, sum.amount);
            fact(orders::state(language, sum.state, None), value)
        })
        .collect_view();
    let share = |part: u64| say::share(language, part, report.orders);
    let failures = report
        .failures
        .iter()
        .map(|failed| {
            let reason = customers::why_none(language, failed.reason);
            fact(reason, failed.reservations.to_string())
        })
        .collect_view();
    let net = crate::wire::Money(report.turnover.0 - report.refunds.0);
    view! {
        <h2>{admin::orders(language)}</h2>
        <dl class="facts">
            {fact(say::all_orders(language), report.orders.to_string())}
            {states}
            {fact(say::closed_unpaid(language), share(report.closed_unpaid))}
            {fact(say::cancelled(language), share(report.cancelled))}
            {fact(say::came_back(language), (report.closed_unpaid + report.cancelled).to_string())}
        </dl>
        <h2>{admin::money(language)}</h2>
        <dl class="facts">
            {fact(say::turnover(language), report.turnover.to_string())}
            {fact(say::refunds(language), report.refunds.to_string())}
            {fact(say::what_stays(language), net.to_string())}
        </dl>
        <h2>{say::failures(language)}</h2>
        <p class="admin__soft">{say::failures_mean(language)}</p>
        {report.failures.is_empty().then(|| view! { <p>{say::no_failures(language)}</p> })}
        <dl class="facts">{failures}</dl>
    }
    .into_any()
}

/// Durations.
#[component]
fn Times<'a>(
    report: &'a RoundReport,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let instant = |at_ms: Option<i64>| match at_ms {
        Some(at_ms) => calendar.exact(at_ms),
        None => say::never(language).to_owned(),
    };
    let row = |name: &'static str, waits: Option<Waits>| {
        waits.map(|waits| {
            let cells = [waits.p50_ms, waits.p90_ms, waits.p99_ms, waits.max_ms]
                .map(|took| view! { <td>{say::took(language, took)}</td> })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    {cells}
                </tr>
            }
        })
    };
    let table = report.until_ordered.is_some().then(|| {
        table(
            Kind::Units,
            say::times(language),
            [
                say::waited(language),
                say::half(language),
                "90 %",
                "99 %",
                say::longest(language),
            ]
            .map(Column::Plain),
            (
                row(say::until_ordered(language), report.until_ordered),
                row(say::until_paid(language), report.until_paid),
            ),
        )
    });
    view! {
        <h2>{say::times(language)}</h2>
        <dl class="facts">
            {fact(say::first_order(language), instant(report.first_order_at_ms))}
            {fact(say::last_order(language), instant(report.last_order_at_ms))}
        </dl>
        {table}
    }
    .into_any()
}
