//! `/admin/rounds/{id}/report.csv`: the report of a round for spreadsheets, one figure a line.

use app::{
    port::Visitor,
    routes::pattern,
    wire::{ApiError, ItemReport, Language, RoundId, RoundReport, Waits},
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    engine::back_office::price,
    http::{AppState, csv_file, envelope::Envelope},
};

pub fn routes(state: &AppState) -> Router {
    Router::new()
        .route(pattern::ROUND_REPORT_CSV, get(report))
        .with_state(state.clone())
}

async fn report(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Response {
    let Ok(round_id) = id.parse::<RoundId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    match state.office.round_report(&visitor, round_id).await {
        Ok(report) => {
            let rows = rows(&report, visitor.language);
            let head = csv_file::head(&["part", "of", "figure", "value"]);
            let lines = csv_file::lines(rows.iter().map(|row| &row[..]));
            let name = format!("report-{round_id}.csv");
            csv_file::file(&name, Body::from(head + &lines))
        }
        Err(error) => Envelope(error).into_response(),
    }
}

/// An instant in UTC, in a form that every program can parse.
fn instant(at_ms: Option<i64>) -> String {
    let at = at_ms.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
    at.map_or_else(String::new, |at| at.to_string())
}

/// A word of the wire.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

type Row = [String; 4];

/// Figures of one subject, each with its name.
fn figures<const N: usize>(part: &str, of: &str, named: [(&str, String); N]) -> [Row; N] {
    named.map(|(figure, value)| [part.to_owned(), of.to_owned(), figure.to_owned(), value])
}

fn rows(report: &RoundReport, language: Language) -> Vec<Row> {
    let mut rows = of_round(report, report.title.get(language)).to_vec();
    for item in &report.items {
        rows.extend(of_item(item, item.title.get(language)));
    }
    for sum in &report.states {
        let named = [
            ("orders", sum.orders.to_string()),
            ("amount", price::print(sum.amount)),
        ];
        rows.extend(figures("state", &word(&sum.state), named));
    }
    for failed in &report.failures {
        let reason = failed.reason.map_or("other", |reason| reason.code());
        let named = [("reservations", failed.reservations.to_string())];
        rows.extend(figures("failure", reason, named));
    }
    let waits = [
        ("until_ordered", report.until_ordered),
        ("until_paid", report.until_paid),
    ];
    for (of, waits) in waits {
        rows.extend(waits.into_iter().flat_map(|waits| of_waits(&waits, of)));
    }
    for interval in &report.intervals {
        let named = [
            ("ordered", interval.ordered.to_string()),
            ("paid", interval.paid.to_string()),
            ("closed", interval.closed.to_string()),
        ];
        rows.extend(figures("interval", &instant(Some(interval.at_ms)), named));
    }
    rows
}

fn of_round(report: &RoundReport, title: &str) -> [Row; 12] {
    let named = [
        ("round_id", report.round_id.to_string()),
        ("starts_at", instant(Some(report.starts_at_ms))),
        ("ends_at", instant(Some(report.ends_at_ms))),
        ("read_at", instant(Some(report.read_at_ms))),
        ("is_cut", report.is_cut.to_string()),
        ("orders", report.orders.to_string()),
        ("closed_unpaid", report.closed_unpaid.to_string()),
        ("cancelled", report.cancelled.to_string()),
        ("turnover", price::print(report.turnover)),
        ("refunds", price::print(report.refunds)),
        ("first_order_at", instant(report.first_order_at_ms)),
        ("last_order_at", instant(report.last_order_at_ms)),
    ];
    figures("round", title, named)
}

fn of_item(item: &ItemReport, title: &str) -> [Row; 8] {
    let named = [
        ("item_id", item.item_id.to_string()),
        ("sale_price", price::print(item.sale_price)),
        ("total", item.total.to_string()),
        ("sold", item.sold.to_string()),
        ("locked", item.locked.to_string()),
        ("sellable", item.sellable.to_string()),
        ("orders", item.orders.to_string()),
        ("sold_out_at", instant(item.sold_out_at_ms)),
    ];
    figures("item", title, named)
}

fn of_waits(waits: &Waits, of: &str) -> [Row; 4] {
    let named = [
        ("p50_ms", waits.p50_ms.to_string()),
        ("p90_ms", waits.p90_ms.to_string()),
        ("p99_ms", waits.p99_ms.to_string()),
        ("max_ms", waits.max_ms.to_string()),
    ];
    figures("wait", of, named)
}
