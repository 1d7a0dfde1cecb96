//! Phases of rounds as parts of the page: which may come, and when. Texts of all phases are
//! rendered, each in an element with its phase as `data-when`, and [`PhaseSwitch`] shows the current
//! one.

use leptos::prelude::*;

use crate::{
    islands::{PhaseChange, PhaseSwitch},
    wire::{Phase, Round},
};

/// The changes after `now_ms` of a phase given by `phase_at`, when only the starts and ends of
/// `rounds` can change it.
pub fn changes<'a>(
    rounds: impl IntoIterator<Item = &'a Round>,
    now_ms: i64,
    phase_at: impl Fn(i64) -> Phase,
) -> Vec<PhaseChange> {
    let boundaries = rounds
        .into_iter()
        .flat_map(|round| [round.starts_at_ms, round.ends_at_ms]);
    let mut later: Vec<i64> = boundaries.filter(|at_ms| *at_ms > now_ms).collect();
    later.sort_unstable();
    let mut changes = Vec::new();
    let mut before = phase_at(now_ms);
    for at_ms in later {
        let phase = phase_at(at_ms);
        if phase != before {
            changes.push(PhaseChange { at_ms, phase });
        }
        before = phase;
    }
    changes
}

/// A part of the page that follows the phase of `round`. After the round's end it is static and
/// needs nothing in the browser.
pub fn follow(round: &Round, now_ms: i64, part: AnyView) -> AnyView {
    let phase = round.phase_at(now_ms);
    let changes = changes([round], now_ms, |at_ms| round.phase_at(at_ms));
    match changes.is_empty() {
        true => view! { <div class="phase-switch" data-phase=phase.name()>{part}</div> }.into_any(),
        false => view! { <PhaseSwitch phase changes>{part}</PhaseSwitch> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::wire::{LocalText, RoundId};

    fn round(starts_at_ms: i64, ends_at_ms: i64, is_stopped: bool) -> Round {
        Round {
            round_id: RoundId(Uuid::nil()),
            title: LocalText::default(),
            starts_at_ms,
            ends_at_ms,
            stopped: is_stopped.then(LocalText::default),
            items: Vec::new(),
        }
    }

    fn of_one(round: &Round, now_ms: i64) -> Vec<(i64, Phase)> {
        changes([round], now_ms, |at_ms| round.phase_at(at_ms))
            .iter()
            .map(|change| (change.at_ms, change.phase))
            .collect()
    }

    #[test]
    fn only_future_phases_are_named() {
        let (open, stopped) = (round(10, 20, false), round(10, 20, true));
        let (starts, ends) = ((10, Phase::Running), (20, Phase::Ended));
        assert_eq!(of_one(&open, 9), [starts, ends]);
        assert_eq!(of_one(&open, 10), [ends]);
        assert_eq!(of_one(&open, 20), []);
        assert_eq!(of_one(&stopped, 9), [ends], "its start changes nothing");
    }
}
