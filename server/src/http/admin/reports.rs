//! `/admin/rounds/{id}/report.csv`: the report of a round for spreadsheets, a figure a line.

use app::{
    port::Visitor,
    routes::pattern,
    wire::{ApiError, Language, RoundId, RoundReport, Waits},
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

/// The route.
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

/// An instant in UTC, as every program reads it.
fn instant(at_ms: Option<i64>) -> String {
    let at = at_ms.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
    at.map_or_else(String::new, |at| at.to_string())
}

/// A word of the wire.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn rows(report: &RoundReport, language: Language) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    let mut add = |part: &str, of: &str, figure: &str, value: String| {
        rows.push([part.to_owned(), of.to_owned(), figure.to_owned(), value]);
    };
    let round = report.title.get(language);
    add("round", round, "round_id", report.round_id.to_string());
    add(
        "round",
        round,
        "starts_at",
        instant(Some(report.starts_at_ms)),
    );
    add("round", round, "ends_at", instant(Some(report.ends_at_ms)));
    add("round", round, "read_at", instant(Some(report.read_at_ms)));
    add("round", round, "is_cut", report.is_cut.to_string());
    add("round", round, "orders", report.orders.to_string());
    add(
        "round",
        round,
        "closed_unpaid",
        report.closed_unpaid.to_string(),
    );
    add("round", round, "cancelled", report.cancelled.to_string());
    add("round", round, "turnover", price::print(report.turnover));
    add("round", round, "refunds", price::print(report.refunds));
    add(
        "round",
        round,
        "first_order_at",
        instant(report.first_order_at_ms),
    );
    add(
        "round",
        round,
        "last_order_at",
        instant(report.last_order_at_ms),
    );
    for item in &report.items {
        let of = item.title.get(language);
        add("item", of, "item_id", item.item_id.to_string());
        add("item", of, "sale_price", price::print(item.sale_price));
        add("item", of, "total", item.total.to_string());
        add("item", of, "sold", item.sold.to_string());
        add("item", of, "locked", item.locked.to_string());
        add("item", of, "sellable", item.sellable.to_string());
        add("item", of, "orders", item.orders.to_string());
        add("item", of, "sold_out_at", instant(item.sold_out_at_ms));
    }
    for sum in &report.states {
        let state = word(&sum.state);
        add("state", &state, "orders", sum.orders.to_string());
        add("state", &state, "amount", price::print(sum.amount));
    }
    for failed in &report.failures {
        let reason = failed.reason.map_or("other", |reason| reason.code());
        add(
            "failure",
            reason,
            "reservations",
            failed.reservations.to_string(),
        );
    }
    for (of, waits) in [
        ("until_ordered", report.until_ordered),
        ("until_paid", report.until_paid),
    ] {
        let Some(waits) = waits else { continue };
        let Waits {
            p50_ms,
            p90_ms,
            p99_ms,
            max_ms,
        } = waits;
        for (figure, took_ms) in [
            ("p50_ms", p50_ms),
            ("p90_ms", p90_ms),
            ("p99_ms", p99_ms),
            ("max_ms", max_ms),
        ] {
            add("wait", of, figure, took_ms.to_string());
        }
    }
    for interval in &report.intervals {
        let of = instant(Some(interval.at_ms));
        add("interval", &of, "ordered", interval.ordered.to_string());
        add("interval", &of, "paid", interval.paid.to_string());
        add("interval", &of, "closed", interval.closed.to_string());
    }
    rows
}
