//! The panel in a preview, which no wasm wakes up: its state at that moment for a signed-in visitor.

use super::{
    PanelItem,
    machine::{Readiness, State},
    view_model::{Big, ViewModel},
};
use crate::{
    preview::{Moment, Preview},
    wire::Language,
};

/// The panel's initial state on a preview page.
pub fn state(item: &PanelItem) -> Option<State> {
    let preview = Preview::of_page()?;
    let (opens_at_ms, ends_at_ms) = (item.starts_at_ms, item.ends_at_ms);
    let readiness = Readiness::ToAnswer;
    Some(match preview.moment {
        Moment::Before => State::Before {
            opens_at_ms,
            signed_in: true,
        },
        Moment::Soon => State::Warm {
            opens_at_ms,
            readiness,
        },
        Moment::Selling => State::Open {
            ends_at_ms,
            readiness,
        },
        Moment::SoldOut => State::SoldOut,
        Moment::Stopped => State::Stopped {
            words: item.stopped.clone(),
        },
        Moment::Ended => State::Ended,
    })
}

/// The clock's figures at that moment; they do not tick.
pub fn figures(model: &ViewModel, language: Language) -> String {
    match (&model.big, Preview::of_page()) {
        (Big::Clock(until_ms), Some(preview)) => {
            model.big.at(until_ms - preview.now_ms(), language)
        }
        _ => String::new(),
    }
}
