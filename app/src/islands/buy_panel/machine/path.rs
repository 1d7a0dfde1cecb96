//! The hidden path for a right answer: its expiry, and its storage beyond the page, so that a
//! reload, going back and the other language need no new answer.

use super::{Effect, EventContext, Machine, Readiness, facts::Visitor};
use crate::wire::HiddenPath;

/// A path this close to its expiry would expire in flight.
const MARGIN_MS: i64 = 500;

/// From this instant on a path is no longer used.
pub fn good_until_ms(path: &HiddenPath) -> i64 {
    path.expires_at_ms - MARGIN_MS
}

impl Machine {
    pub(super) fn readiness(&self, now_ms: i64) -> Readiness {
        if !self.is_signed_in() {
            Readiness::SignedOut
        } else if self.good_path(now_ms).is_some() {
            Readiness::Ready
        } else if self.path.is_some() {
            Readiness::Expired
        } else {
            Readiness::ToAnswer
        }
    }

    pub(super) fn good_path(&self, now_ms: i64) -> Option<&HiddenPath> {
        self.path
            .as_ref()
            .filter(|path| now_ms < good_until_ms(path))
    }

    /// The server refuses the path, or would when it arrives: it counts as expired.
    pub(super) fn path_refused(&mut self, at: EventContext) {
        if let Some(path) = &mut self.path {
            path.expires_at_ms = path.expires_at_ms.min(at.now_ms);
        }
    }

    /// An earlier page of this tab stored a path. One that has expired meanwhile is ignored.
    pub(super) fn path_recalled(&mut self, at: EventContext, kept: Option<HiddenPath>) {
        let kept = kept.filter(|path| at.now_ms < good_until_ms(path));
        if kept.is_none() {
            self.ask(Effect::ForgetPath);
        }
        if self.path.is_none() {
            self.path = kept;
        }
    }

    /// Replaces or removes the path.
    pub(super) fn keep_path(&mut self, at: EventContext) {
        let effect = match (self.visitor, self.good_path(at.now_ms)) {
            (Visitor::SignedIn(account_id), Some(path)) => Effect::KeepPath {
                account_id,
                path: path.clone(),
            },
            _ => Effect::ForgetPath,
        };
        self.ask(effect);
    }
}
