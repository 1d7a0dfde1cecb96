//! Orders by interval: a drawing, and the table of its values.

use leptos::prelude::*;

use super::super::table::{Column, Kind, table};
use crate::{
    components::Calendar,
    text::pages::report as say,
    wire::{Interval, Language, RoundReport},
};

/// The drawing's own units; it is as wide as the page.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 160;

/// The chart of a report, if there is anything to draw.
#[component]
pub fn Chart<'a>(
    report: &'a RoundReport,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let intervals = &report.intervals;
    let highest = intervals.iter().map(|interval| interval.ordered).max();
    let (Some(first), Some(last), Some(highest)) = (intervals.first(), intervals.last(), highest)
    else {
        return ().into_any();
    };
    let count = intervals.len() as u64;
    let bars = intervals
        .iter()
        .enumerate()
        .map(|(number, interval)| bar(number as u64, count, interval.ordered, highest))
        .collect_view();
    let rows = intervals
        .iter()
        .filter(|interval| interval.ordered + interval.paid + interval.closed > 0)
        .map(|interval| row(interval, calendar))
        .collect_view();
    let title = say::orders_per(language, report.interval_s);
    let text = say::chart_in_words(
        language,
        &calendar.to_the_second(first.at_ms),
        &calendar.to_the_second(last.at_ms),
        highest,
    );
    let view_box = format!("0 0 {WIDTH} {HEIGHT}");
    let table = table(
        Kind::Units,
        title.clone(),
        [
            say::from(language),
            say::ordered(language),
            say::paid(language),
            say::closed(language),
        ]
        .map(Column::Plain),
        rows,
    );
    view! {
        <h2>{title}</h2>
        <figure class="admin__chart">
            <svg viewBox=view_box role="img" aria-label=text.clone() preserveAspectRatio="none">{bars}</svg>
            <figcaption class="admin__soft">{text}</figcaption>
        </figure>
        <details class="admin__stop">
            <summary>{say::as_table(language)}</summary>
            {table}
        </details>
    }
    .into_any()
}

/// A bar; every value above zero is visible.
fn bar(number: u64, count: u64, value: u64, highest: u64) -> impl IntoView {
    let (left, right) = (number * WIDTH / count, (number + 1) * WIDTH / count);
    let height = match value {
        0 => 0,
        _ => (value * HEIGHT / highest.max(1)).max(2),
    };
    view! {
        <rect
            x=left.to_string()
            y=(HEIGHT - height).to_string()
            width=(right - left).saturating_sub(1).max(1).to_string()
            height=height.to_string()
        ></rect>
    }
}

fn row(interval: &Interval, calendar: Calendar) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">{calendar.exact(interval.at_ms)}</th>
            <td>{interval.ordered}</td>
            <td>{interval.paid}</td>
            <td>{interval.closed}</td>
        </tr>
    }
}
