//! The rounds as a row of times: plain links into the page.

use leptos::prelude::*;

use crate::{
    components::Calendar,
    text::pages::home as say,
    wire::{Language, Phase, Round},
};

/// One link a round: now · 20:00 · Tomorrow 12:00.
#[component]
pub fn RoundRow<'a>(
    /// The rounds that have not ended, in the order of the page.
    rounds: &'a [Round],
    /// The page's calendar.
    calendar: Calendar,
    /// The page's language.
    language: Language,
) -> impl IntoView + use<> {
    let links = rounds
        .iter()
        .map(|round| {
            let phase = round.phase_at(calendar.now_ms());
            let running = phase == Phase::Running;
            let when = match phase {
                Phase::Running => say::now(language).to_owned(),
                Phase::Stopped => say::phase_stopped(language).to_owned(),
                Phase::Upcoming | Phase::Ended => calendar.label(round.starts_at_ms),
            };
            view! {
                <li>
                    <a
                        class=if running { "round-link round-link--now" } else { "round-link" }
                        href=format!("#round-{}", round.round_id)
                    >
                        <span class="round-link__when">{when}</span>
                        <span class="round-link__title">{round.title.get(language).to_owned()}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="round-row" aria-label=say::rounds(language)>
            <ol class="round-row__list">{links}</ol>
        </nav>
    }
}
