//! The entries that a relay has taken and not yet forwarded or given back, as far as it knows.

use std::collections::HashSet;

use super::tag_and_id;

#[derive(Default)]
pub(super) struct Taken {
    /// Receipts of entries that were taken and neither forwarded nor given back.
    pub(super) open: HashSet<String>,
    /// Tags of outboxes that may have handed out more: a call failed, and its answer never arrived.
    pub(super) unsure: HashSet<String>,
}

impl Taken {
    /// Forgets outboxes that are no longer listed. One leaves the list when it is empty, so other
    /// relays have forwarded what was taken from it.
    pub(super) fn forget_unlisted(&mut self, listed: &HashSet<String>) {
        let is_listed = |tag: &str| listed.contains(tag);
        self.open
            .retain(|receipt| tag_and_id(receipt).is_some_and(|(tag, _)| is_listed(tag)));
        self.unsure.retain(|tag| is_listed(tag));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlisted_outbox_is_forgotten() {
        let mut taken = Taken {
            open: ["a:0 1-0", "a:1 1-0", "b:0 2-0"].map(str::to_owned).into(),
            unsure: ["a:1", "b:0"].map(str::to_owned).into(),
        };
        taken.forget_unlisted(&HashSet::from(["a:0".to_owned(), "b:0".to_owned()]));
        assert_eq!(taken.open, ["a:0 1-0", "b:0 2-0"].map(str::to_owned).into());
        assert_eq!(taken.unsure, ["b:0"].map(str::to_owned).into());
    }
}
