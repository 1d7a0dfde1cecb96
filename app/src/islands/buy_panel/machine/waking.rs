//! The first moments: from waking up to the first facts, and the texts while they are missing.

use super::{Effect, EventContext, Machine, Slot, State, Trouble, Wait};
use crate::wire::ApiError;

/// Without any facts for this long the panel shows it.
const OVERDUE_MS: i64 = 2_000;

impl Machine {
    /// Begins on a visible page. A hidden page asks nothing and shows nothing.
    pub(super) fn begun(&mut self) {
        self.overdue = false;
        self.later(Slot::Overdue, OVERDUE_MS);
    }

    /// The clock asks again by itself; the panel shows when.
    pub(super) fn clock_missed(&mut self, error: Option<&ApiError>, retry_at_ms: i64) {
        if !self.awake {
            self.unread = Some(Wait {
                trouble: error.map_or(Trouble::Silent, Trouble::of),
                until_ms: retry_at_ms,
                tries: 0,
            });
        }
    }

    pub(super) fn wake(&mut self) {
        if !self.awake {
            self.awake = true;
            self.unread = None;
            self.resync();
        }
    }

    /// The state before anything is known. A clock that is slightly late is not shown.
    pub(super) fn state_of_unknown(&self) -> State {
        match self.unread {
            Some(wait) if self.awake || self.overdue => State::Unread(wait),
            None if self.overdue => State::Late,
            _ => State::Loading,
        }
    }

    /// Retries at once instead of a little later, once: a retry in progress is awaited.
    pub(super) fn retry_now(&mut self, at: EventContext) {
        let Some(wait) = &mut self.unread else { return };
        if wait.until_ms <= at.page_ms {
            return;
        }
        wait.until_ms = at.page_ms;
        if self.awake {
            self.later(Slot::Resync, 0);
        } else {
            self.ask(Effect::SynchroniseClock);
        }
    }
}
