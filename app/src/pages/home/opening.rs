//! The page's one answer in large type: is it now, and if not, when?

use leptos::prelude::*;

use super::phases::changes;
use crate::{
    components::Calendar,
    islands::{Countdown, PhaseSwitch},
    text::pages::home as say,
    wire::{Language, Phase, Round},
};

/// The phase of the whole page, and the time until the next start.
#[component]
pub fn Opening<'a>(
    /// The rounds that have not ended, in the order of the page.
    current: &'a [Round],
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let now_ms = calendar.now_ms();
    let phase = phase_of_all(current, now_ms);
    let changes = changes(current, now_ms, |at_ms| phase_of_all(current, at_ms));
    let may_come =
        |wanted: Phase| phase == wanted || changes.iter().any(|change| change.phase == wanted);
    let titles = [
        (Phase::Upcoming, say::next_round(language)),
        (Phase::Running, say::running_now(language)),
        (Phase::Ended, say::nothing_now(language)),
    ];
    let titles = titles
        .into_iter()
        .filter(|(phase, _)| may_come(*phase))
        .map(|(phase, title)| view! { <span data-when=phase.name()>{title}</span> })
        .collect_view();
    let line = may_come(Phase::Upcoming).then(|| view! { <NextStart current calendar language /> });
    let opening = view! {
        <div class="opening">
            <h1 class="opening__title by-phase">{titles}</h1>
            {line}
            <p class="opening__lead">{say::description(language)}</p>
        </div>
    }
    .into_any();
    view! { <PhaseSwitch phase changes>{opening}</PhaseSwitch> }.into_any()
}

/// Counts down to the next start; then links to the round that has started.
#[component]
fn NextStart<'a>(
    current: &'a [Round],
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let now_ms = calendar.now_ms();
    let in_phase = |wanted| {
        current
            .iter()
            .filter(move |round| round.phase_at(now_ms) == wanted)
    };
    let starts_at_ms = in_phase(Phase::Upcoming)
        .map(|round| round.starts_at_ms)
        .collect();
    let first = in_phase(Phase::Running)
        .chain(in_phase(Phase::Upcoming))
        .next();
    let started = first.map(|round| {
        view! {
            <a class="opening__started" data-when="running" href=format!("#round-{}", round.round_id)>
                {say::started(language)}
            </a>
        }
    });
    view! {
        <p class="opening__countdown by-phase">
            <span data-when="upcoming">
                <Countdown starts_at_ms language />
            </span>
            {started}
        </p>
    }
    .into_any()
}

/// Running if any round is; else upcoming if any is. Stopped rounds do not count.
fn phase_of_all(rounds: &[Round], now_ms: i64) -> Phase {
    let any = |wanted| rounds.iter().any(|round| round.phase_at(now_ms) == wanted);
    match (any(Phase::Running), any(Phase::Upcoming)) {
        (true, _) => Phase::Running,
        (false, true) => Phase::Upcoming,
        (false, false) => Phase::Ended,
    }
}
