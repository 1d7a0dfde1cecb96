//! The units of the rounds on sale, next and latest: a bar each, and the same in numbers.

use leptos::prelude::*;

use super::{not_readable, number};
use crate::{
    components::{Calendar, Instant},
    text::pages::now as say,
    wire::{Language, LiveItem, LiveRound},
};

#[component]
pub fn Rounds(
    /// The shown rounds; `None` if they could not be read.
    rounds: Option<Vec<LiveRound>>,
    calendar: Calendar,
    language: Language,
) -> impl IntoView {
    let Some(rounds) = rounds else {
        return not_readable(language);
    };
    if rounds.is_empty() {
        return view! { <p>{say::no_rounds(language)}</p> }.into_any();
    }
    let rounds = rounds.iter().enumerate();
    rounds
        .map(|(place, round)| view! { <Round place round calendar language /> })
        .collect_view()
        .into_any()
}

#[component]
fn Round<'a>(
    place: usize,
    round: &'a LiveRound,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let items = round.items.iter().enumerate();
    let rows = items
        .map(|(number, item)| {
            let path = format!("rounds.{place}.items.{number}");
            view! { <Units path item language /> }
        })
        .collect_view();
    let stopped = round.stopped.then(|| {
        view! { " " <span class="badge badge--waiting">{say::is_stopped(language)}</span> }
    });
    let opens = calendar.label(round.starts_at_ms);
    let closes = calendar.label(round.ends_at_ms);
    view! {
        <section class="now__round">
            <h2>
                {say::place(language, round.place)} ": " {round.title.get(language).to_owned()}
                {stopped}
            </h2>
            <p class="admin__soft">
                <Instant calendar at_ms=round.starts_at_ms text=opens /> " – "
                <Instant calendar at_ms=round.ends_at_ms text=closes />
            </p>
            <div class="admin__scroll" role="region" aria-label=round.title.get(language).to_owned() tabindex="0">
                <table class="admin__units now__units">
                    <thead>
                        <tr>
                            <th scope="col">{say::item(language)}</th>
                            <th scope="col" class="now__sold">{say::sold(language)}</th>
                            <th scope="col" class="now__locked">{say::locked(language)}</th>
                            <th scope="col" class="now__sellable">{say::sellable(language)}</th>
                            <th scope="col">{say::total(language)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

/// A row of numbers, and under the item's name the bar that shows them.
#[component]
fn Units<'a>(path: String, item: &'a LiveItem, language: Language) -> impl IntoView + use<> {
    let LiveItem {
        total,
        sellable,
        locked,
        sold,
        at_gate,
        ..
    } = *item;
    let field = |name: &str| format!("{path}.{name}");
    let share = |units: u32| 100.0 * f64::from(units) / f64::from(total.max(1));
    let bar = |class: &'static str, before: u32, units: u32| {
        view! {
            <rect class=class y="0" height="8"
                x=share(before).to_string() width=share(units).to_string()
                data-now-bar=path.clone() />
        }
    };
    let counted = field("at_gate");
    view! {
        <tr>
            <th scope="row">
                {item.title.get(language).to_owned()}
                <small data-now-unless=counted hidden=at_gate>" " {say::from_ledger(language)}</small>
                <svg class="now__bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    {bar("now__sold", 0, sold)}
                    {bar("now__locked", sold, locked)}
                    {bar("now__sellable", sold + locked, sellable)}
                </svg>
            </th>
            <td>{number(field("sold"), sold)}</td>
            <td>{number(field("locked"), locked)}</td>
            <td>{number(field("sellable"), sellable)}</td>
            <td>{number(field("total"), total)}</td>
        </tr>
    }
    .into_any()
}
