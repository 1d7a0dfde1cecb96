//! What a part of the page says in each phase of a round, and the one it says now.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{awake, shown};
use crate::{browser::ticking::at_instants, wire::Phase};

/// A phase that is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// Begins at this instant, epoch milliseconds.
    pub at_ms: i64,
    /// Which.
    pub phase: Phase,
}

/// The server renders the words of every phase that may come; this names the present one, by the
/// server's clock, and the style shows what belongs to it (`data-when` inside `by-phase`). So
/// nothing is asked for and nothing moves when a phase begins.
#[island]
pub fn PhaseSwitch(
    /// The phase in which the page was rendered.
    phase: Phase,
    /// What comes after it, in the order of time.
    changes: Vec<PhaseChange>,
    children: Children,
) -> impl IntoView {
    let name = RwSignal::new(phase.name().to_owned());
    let instants = changes.iter().map(|change| change.at_ms).collect();
    at_instants(instants, move |now_ms| {
        let begun = changes.iter().rev().find(|change| change.at_ms <= now_ms);
        name.set(begun.map_or(phase, |change| change.phase).name().to_owned());
    });
    view! {
        <div class="phase-switch" data-phase=shown(name) data-ready=awake()>
            {children()}
        </div>
    }
}
