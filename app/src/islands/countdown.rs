//! A small countdown in a line of text.

use leptos::prelude::*;

use super::{awake, shown};
use crate::{
    browser::ticking::{Instant, count_down},
    text::panel,
    wire::Language,
};

/// Counts down to `to_ms` by the server's clock. Until it is awake it shows a placeholder that is
/// the same for everybody.
#[island]
pub fn Countdown(to_ms: i64, language: Language) -> impl IntoView {
    let text = RwSignal::new(panel::COUNTDOWN_PLACEHOLDER.to_owned());
    count_down(
        move || Some(Instant::Server(to_ms)),
        move |left_ms| text.set(panel::countdown_or_started(language, left_ms)),
    );
    view! {
        <span class="countdown" data-ready=awake()>
            {shown(text)}
        </span>
    }
}
