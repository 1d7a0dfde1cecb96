//! How far calls of a sale came, and why they were refused.

use leptos::prelude::*;

use super::{not_readable, number, per_second};
use crate::{
    text::pages::now as say,
    wire::{Count, Language, SaleCounts, SaleStep},
};

/// From the call to the paid order: a bar and two numbers each.
#[component]
pub fn Funnel<'a>(
    /// The counts; `None` if they could not be read.
    counts: Option<&'a SaleCounts>,
    language: Language,
) -> impl IntoView + use<> {
    let Some(counts) = counts else {
        return not_readable(language);
    };
    let all = counts.step(SaleStep::Offered).total;
    let rows: Vec<_> = SaleStep::ALL
        .into_iter()
        .map(|step| {
            let count = counts.step(step);
            let path = format!("counts.steps.{}", code(step));
            let bar = view! { <Share path=path.clone() count all /> };
            row(
                say::sale_step(language, step).to_owned(),
                bar.into_any(),
                path,
                count,
            )
        })
        .collect();
    view! {
        <p class="admin__soft">{say::funnel_means(language)}</p>
        {table(say::step(language), rows, language)}
    }
    .into_any()
}

/// A step's name on the wire.
fn code(step: SaleStep) -> String {
    let word = serde_json::to_value(step).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// The share of all calls that came this far.
#[component]
fn Share(path: String, count: Count, all: u64) -> impl IntoView {
    let share = 100.0 * (count.total as f64) / (all.max(1) as f64);
    view! {
        <svg class="now__bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="now__step" x="0" y="0" height="8" width=share.min(100.0).to_string()
                data-now-share=path />
        </svg>
    }
}

/// Refusals, the most frequent first.
#[component]
pub fn Refusals<'a>(
    /// The counts; `None` if they could not be read.
    counts: Option<&'a SaleCounts>,
    language: Language,
) -> impl IntoView + use<> {
    let Some(counts) = counts else {
        return not_readable(language);
    };
    if counts.refusals.is_empty() {
        return view! { <p>{say::no_refusals(language)}</p> }.into_any();
    }
    let mut refusals: Vec<_> = counts.refusals.iter().collect();
    refusals.sort_by_key(|(_, count)| std::cmp::Reverse(count.total));
    let rows: Vec<_> = refusals
        .into_iter()
        .map(|(code, count)| {
            let path = format!("counts.refusals.{code}");
            row(code.clone(), ().into_any(), path, *count)
        })
        .collect();
    table(say::code(language), rows, language)
}

fn row(name: String, bar: AnyView, path: String, count: Count) -> AnyView {
    view! {
        <tr>
            <th scope="row">{name} {bar}</th>
            <td>{number(format!("{path}.total"), count.total)}</td>
            <td>{per_second(path, count)}</td>
        </tr>
    }
    .into_any()
}

fn table(name: &'static str, rows: Vec<AnyView>, language: Language) -> AnyView {
    view! {
        <table class="admin__units now__units">
            <thead>
                <tr>
                    <th scope="col">{name}</th>
                    <th scope="col">{say::in_all(language)}</th>
                    <th scope="col">{say::per_s(language)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
