//! The rounds as a row of times: plain links into the page.

use leptos::prelude::*;

use super::phases::follow;
use crate::{
    components::Calendar,
    text::pages::home as say,
    wire::{Language, Phase, Round},
};

/// One link for each round: now · 20:00 · Tomorrow 12:00.
#[component]
pub fn RoundRow<'a>(
    /// The rounds that have not ended, in the order of the page.
    rounds: &'a [Round],
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let links = rounds
        .iter()
        .map(|round| {
            let now_ms = calendar.now_ms();
            let when = |phase| match phase {
                Phase::Upcoming => calendar.label(round.starts_at_ms),
                Phase::Running => say::now(language).to_owned(),
                Phase::Stopped => say::phase_stopped(language).to_owned(),
                Phase::Ended => say::phase_ended(language).to_owned(),
            };
            let when = round
                .phase_at(now_ms)
                .and_later()
                .iter()
                .map(|phase| view! { <span data-when=phase.name()>{when(*phase)}</span> })
                .collect_view();
            let link = view! {
                <a class="round-link" href=format!("#round-{}", round.round_id)>
                    <span class="round-link__when by-phase">{when}</span>
                    <span class="round-link__title">{round.title.get(language).to_owned()}</span>
                </a>
            };
            view! { <li>{follow(round, now_ms, link.into_any())}</li> }
        })
        .collect_view();
    view! {
        <nav class="round-row" aria-label=say::rounds(language)>
            <ol class="round-row__list">{links}</ol>
        </nav>
    }
}
