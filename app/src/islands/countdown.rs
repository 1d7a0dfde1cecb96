//! A small countdown in a line of text.

use leptos::prelude::*;

use super::{awake, shown};
use crate::{
    browser::ticking::{Instant, count_down},
    text::panel,
    wire::Language,
};

/// Counts down to the next of some starts, in order of time, by the server's clock. Until it is
/// awake it shows a placeholder that is the same for everybody.
#[island]
pub fn Countdown(starts_at_ms: Vec<i64>, language: Language) -> impl IntoView {
    let text = RwSignal::new(panel::COUNTDOWN_PLACEHOLDER.to_owned());
    let next = RwSignal::new(0);
    count_down(
        move || starts_at_ms.get(next.get()).copied().map(Instant::Server),
        move |left_ms| {
            text.set(panel::countdown(language, left_ms));
            if left_ms == 0 {
                next.update(|next| *next += 1);
            }
        },
    );
    view! {
        <span class="countdown" data-ready=awake()>
            {shown(text)}
        </span>
    }
}
