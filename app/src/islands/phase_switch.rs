//! A part of the page with a text for each phase of a round, showing the current one.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{awake, shown};
use crate::{browser::ticking::at_instants, wire::Phase};

/// A future phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// Begins at this instant, epoch milliseconds.
    pub at_ms: i64,
    pub phase: Phase,
}

/// The server renders the texts of every phase that may come; this sets the current one, by the
/// server's clock, and the style shows its text (`data-when` inside `by-phase`). So a new phase
/// needs no request and moves nothing.
#[island]
pub fn PhaseSwitch(
    /// The phase in which the page was rendered.
    phase: Phase,
    /// The later phases, in order of time.
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
