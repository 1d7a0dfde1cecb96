//! One round with its items.

use leptos::prelude::*;

use super::{card::ItemCard, phases::follow};
use crate::{
    components::{Calendar, Icon, Instant, Shape},
    islands::Countdown,
    text::pages::{home as say, item},
    wire::{Language, Phase, Round},
};

/// Pictures visible without scrolling.
const VISIBLE: usize = 4;

/// A round's heading and cards.
#[component]
pub fn RoundSection<'a>(
    round: &'a Round,
    calendar: Calendar,
    language: Language,
    /// Whether it is the first of the page: its pictures load at once, and its time is shown above.
    first: bool,
) -> impl IntoView + use<> {
    let phase = round.phase_at(calendar.now_ms());
    let id = format!("round-{}", round.round_id);
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    let cards = round
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let lazy = !(first && index < VISIBLE);
            view! { <ItemCard item round phase language lazy /> }
        })
        .collect_view();
    let stopped = round
        .stopped
        .as_ref()
        .filter(|_| phase == Phase::Stopped)
        .map(|words| {
            view! {
                <div class="by-phase">
                    <p class="round__stopped" data-when="stopped">
                        <Icon shape=Shape::Paused />
                        {item::stopped(language, words.get(language))}
                    </p>
                </div>
            }
        });
    let section = view! {
        <section class="round" id=id aria-labelledby=labelled_by>
            <div class="round__head">
                <h2 class="round__title" id=title_id>{round.title.get(language).to_owned()}</h2>
                <RoundTime round phase counted=!first calendar language />
            </div>
            {stopped}
            <ul class="cards">{cards}</ul>
        </section>
    };
    follow(round, calendar.now_ms(), section.into_any())
}

/// Its time: until when, from when with a countdown, or since when.
#[component]
fn RoundTime<'a>(
    round: &'a Round,
    phase: Phase,
    /// Whether it counts down; the opening of the page does so for the first round.
    counted: bool,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let (starts_at_ms, ends_at_ms) = (round.starts_at_ms, round.ends_at_ms);
    let time = |phase| match phase {
        Phase::Upcoming => (
            starts_at_ms,
            say::opens(language, &calendar.when(starts_at_ms)),
        ),
        Phase::Ended => (ends_at_ms, say::ended(language, &calendar.when(ends_at_ms))),
        Phase::Running | Phase::Stopped => {
            (ends_at_ms, say::ends(language, &calendar.when(ends_at_ms)))
        }
    };
    let times = phase
        .and_later()
        .iter()
        .map(|phase| {
            let (at_ms, text) = time(*phase);
            let countdown = (counted && *phase == Phase::Upcoming).then(|| {
                view! {
                    <span class="round__countdown">
                        {say::until_start(language)} " "
                        <Countdown starts_at_ms=vec![starts_at_ms] language />
                    </span>
                }
            });
            view! {
                <p class="round__time" data-when=phase.name()>
                    <Instant calendar at_ms text />
                    {countdown}
                </p>
            }
        })
        .collect_view();
    view! { <div class="by-phase">{times}</div> }
}
