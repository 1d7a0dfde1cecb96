//! Waiting for instants of the server's clock or the page's own. A countdown wakes exactly when its
//! visible figure changes: once a second, and ten times a second in the last minute. Nothing wakes
//! while the page is hidden.

use std::rc::Rc;

use leptos::prelude::*;

use super::{
    clock,
    effects::on_change,
    page,
    timers::{Alarm, after},
};

/// From here on tenths of a second are shown.
pub const LAST_MINUTE_MS: i64 = 60_000;

/// An instant to count down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// By the server's clock, epoch milliseconds.
    Server(i64),
    /// By the page's own, milliseconds since it began: known from the beginning.
    Page(i64),
}

impl Instant {
    /// Milliseconds until then, negative afterwards; `None` while that clock is not known.
    fn left_ms(self) -> Option<i64> {
        match self {
            Instant::Server(at_ms) => clock::now_ms().map(|now_ms| at_ms - now_ms),
            Instant::Page(at_ms) => Some(at_ms - clock::page_ms()),
        }
    }
}

/// Calls `show` with the milliseconds left until `to`, at once and on every tick until nought.
/// Starts over when a signal read in `to` changes; ends with the owner of the caller.
pub fn count_down(to: impl Fn() -> Option<Instant> + 'static, show: impl Fn(i64) + 'static) {
    let (alarm, show) = (StoredValue::new(None), Rc::new(show));
    on_change(move || {
        alarm.set_value(None);
        let to = to();
        clock::watch_ms();
        if let (Some(to), true) = (to, page::visibility().visible) {
            tick(to, show.clone(), alarm);
        }
    });
}

fn tick(to: Instant, show: Rc<dyn Fn(i64)>, alarm: StoredValue<Option<Alarm>>) {
    let Some(left_ms) = to.left_ms() else {
        return;
    };
    let left_ms = left_ms.max(0);
    show(left_ms);
    if left_ms > 0 {
        let next = after(to_next_tick_ms(left_ms), move || tick(to, show, alarm));
        // Refused when the owner is gone; then the countdown has ended.
        let _ = alarm.try_set_value(Some(next));
    }
}

/// Calls `look` with the server's time: at once, at each of the `instants`, and whenever the page
/// becomes visible again or its clock was corrected.
pub fn at_instants(instants: Vec<i64>, look: impl Fn(i64) + 'static) {
    let (alarm, look) = (StoredValue::new(None), Rc::new(look));
    on_change(move || {
        alarm.set_value(None);
        if clock::watch_ms().is_some() && page::visibility().visible {
            look_at_next(instants.clone(), look.clone(), alarm);
        }
    });
}

fn look_at_next(instants: Vec<i64>, look: Rc<dyn Fn(i64)>, alarm: StoredValue<Option<Alarm>>) {
    let Some(now_ms) = clock::now_ms() else {
        return;
    };
    look(now_ms);
    let next_ms = instants.iter().copied().filter(|at_ms| *at_ms > now_ms);
    if let Some(next_ms) = next_ms.min() {
        let next = after(next_ms - now_ms, move || {
            look_at_next(instants, look, alarm);
        });
        // Refused when the owner is gone; then the waiting has ended.
        let _ = alarm.try_set_value(Some(next));
    }
}

/// How long until the shown figure changes.
fn to_next_tick_ms(left_ms: i64) -> i64 {
    let figure_ms = if left_ms > LAST_MINUTE_MS { 1_000 } else { 100 };
    left_ms % figure_ms + 1
}

#[cfg(test)]
mod tests {
    use super::to_next_tick_ms;

    #[test]
    fn a_tick_comes_when_the_figure_changes() {
        for (left_ms, tick_ms) in [
            (3_600_250, 251),
            (60_001, 2),
            (60_000, 1),
            (41_349, 50),
            (99, 100),
        ] {
            assert_eq!(to_next_tick_ms(left_ms), tick_ms, "{left_ms}");
        }
    }
}
