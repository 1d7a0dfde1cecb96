//! Follows a queued reservation on a page that was rendered while it was queued.

use leptos::{prelude::*, task::spawn_local};

use super::awake;
use crate::{
    api,
    browser::{
        effects::on_change,
        page,
        timers::{Alarm, after, spread, within},
    },
    text::panel,
    wire::{ApiError, Language, ReservationId, ReservationState},
};

/// The first poll comes after this long; each next interval is half as long again…
const FIRST_LOOK_MS: i64 = 2_000;
/// …up to this.
const SLOW_LOOK_MS: i64 = 10_000;
/// About five minutes, and longer than the server keeps anything queued. Then the page says that it
/// has stopped polling; it starts again when it is shown again.
const LOOKS: u32 = 32;
/// A request without an answer for this long counts as lost.
const TIMEOUT_MS: i64 = 4_000;

/// Tells the buyer what to do: nothing, while this polls for the result and then loads the page
/// again.
#[island]
pub fn FollowReservation(reservation_id: ReservationId, language: Language) -> impl IntoView {
    let follow = Follow {
        reservation_id,
        is_following: RwSignal::new(false),
        looks: StoredValue::new(0),
        alarm: StoredValue::new(None),
    };
    on_change(move || {
        follow.alarm.set_value(None);
        if page::visibility().visible {
            follow.looks.set_value(0);
            follow.is_following.set(true);
            follow.look_later();
        }
    });
    let text =
        Signal::derive(move || panel::result_comes(language, follow.is_following.get()).to_owned());
    view! { <span data-ready=awake()>{text}</span> }
}

#[derive(Clone, Copy)]
struct Follow {
    reservation_id: ReservationId,
    is_following: RwSignal<bool>,
    looks: StoredValue<u32>,
    alarm: StoredValue<Option<Alarm>>,
}

impl Follow {
    fn look_later(self) {
        let looks = self.looks.get_value();
        if looks == LOOKS {
            self.is_following.set(false);
            return;
        }
        self.looks.set_value(looks + 1);
        let next = after(spread(pause_ms(looks)), move || spawn_local(self.look()));
        self.alarm.set_value(Some(next));
    }

    async fn look(self) {
        match within(TIMEOUT_MS, api::reservation(self.reservation_id)).await {
            Some(Ok(status)) if status.state == ReservationState::Queued => self.look_later(),
            // The page shows the result next, or that the visitor is signed out.
            Some(Ok(_) | Err(ApiError::NotFound | ApiError::Unauthenticated)) => page::reload(),
            _ => self.look_later(),
        }
    }
}

/// The pause before poll number `looks`.
fn pause_ms(looks: u32) -> i64 {
    (0..looks).fold(FIRST_LOOK_MS, |ms, _| (ms * 3 / 2).min(SLOW_LOOK_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_slow_down_and_outlast_the_queue() {
        let pauses: Vec<i64> = (0..LOOKS).map(pause_ms).collect();
        assert_eq!(pauses[..6], [2_000, 3_000, 4_500, 6_750, 10_000, 10_000]);
        let all_ms: i64 = pauses.iter().sum();
        assert!((180_000..360_000).contains(&all_ms), "{all_ms}");
    }
}
