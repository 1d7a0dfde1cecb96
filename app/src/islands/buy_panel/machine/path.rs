//! The hidden path that a right answer has brought: how long it is good for, and that it outlives
//! the page, so that a reload, the way back and the other language cost nobody an answer.

use super::{Effect, EventContext, Machine, Readiness, facts::Visitor};
use crate::wire::HiddenPath;

/// A path that is about to expire would expire on its way.
const MARGIN_MS: i64 = 500;

/// From this instant on a path is not used any more.
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

    /// The server does not take the path, or will not when it arrives: it has expired for us.
    pub(super) fn path_refused(&mut self, at: EventContext) {
        if let Some(path) = &mut self.path {
            path.expires_at_ms = path.expires_at_ms.min(at.now_ms);
        }
    }

    /// An earlier page of this tab has kept a path. One that has expired meanwhile is no news.
    pub(super) fn path_recalled(&mut self, at: EventContext, kept: Option<HiddenPath>) {
        let kept = kept.filter(|path| at.now_ms < good_until_ms(path));
        if kept.is_none() {
            self.ask(Effect::ForgetPath);
        }
        if self.path.is_none() {
            self.path = kept;
        }
    }

    /// The path is another one now, or none.
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
