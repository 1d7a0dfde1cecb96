//! What this process knows to be sold out, so that it need not ask the gate.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::wire::ItemId;

/// Marks per item. Bounded by the number of items the gate ever refused with `sold_out`.
///
/// A mark and the return of a unit may cross: the gate says "sold out", a unit comes back and
/// clears the mark, and only then the late "sold out" is noted, for ever. So the gate numbers its
/// returns, and a mark older than the last return is ignored.
/// Clones share the marks.
#[derive(Clone, Default)]
pub struct SoldOutMarks {
    marks: Arc<Mutex<HashMap<ItemId, Mark>>>,
}

#[derive(Default)]
struct Mark {
    sold_out: bool,
    /// Returns that this process has heard of.
    returns: u64,
}

impl SoldOutMarks {
    /// Notes that the gate refused with `sold_out` after `returns` returns.
    pub fn mark(&self, item_id: ItemId, returns: u64) {
        self.note(item_id, returns, true);
    }

    /// Notes that units have come back `returns` times. An item without a mark remembers it too: a
    /// late "sold out" may be under way.
    pub fn clear(&self, item_id: ItemId, returns: u64) {
        self.note(item_id, returns, false);
    }

    /// Forgets what is sold out, not how often units came back: for a process that may have missed
    /// a return. The next buyer of each item asks the gate.
    pub fn clear_all(&self) {
        for mark in self.marks().values_mut() {
            mark.sold_out = false;
        }
    }

    /// Whether the item is known to be sold out.
    pub fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.sold_out_at(item_id).is_some()
    }

    /// After how many returns the item was sold out, if it is known to be.
    pub fn sold_out_at(&self, item_id: ItemId) -> Option<u64> {
        let marks = self.marks();
        let mark = marks.get(&item_id).filter(|mark| mark.sold_out)?;
        Some(mark.returns)
    }

    fn note(&self, item_id: ItemId, returns: u64, sold_out: bool) {
        let mut marks = self.marks();
        let mark = marks.entry(item_id).or_default();
        if returns >= mark.returns {
            *mark = Mark { sold_out, returns };
        }
    }

    fn marks(&self) -> MutexGuard<'_, HashMap<ItemId, Mark>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_late_sold_out_does_not_undo_a_return() {
        let (marks, item) = (SoldOutMarks::default(), ItemId(Uuid::from_u128(1)));
        marks.mark(item, 0);
        assert!(marks.is_sold_out(item));
        marks.clear(item, 1);
        marks.mark(item, 0);
        assert!(
            !marks.is_sold_out(item),
            "decided before the unit came back"
        );
        marks.mark(item, 1);
        assert!(
            marks.is_sold_out(item),
            "decided after the unit came back and was sold again"
        );
    }

    #[test]
    fn whoever_may_have_missed_a_return_forgets_what_is_sold_out_and_nothing_else() {
        let (marks, item) = (SoldOutMarks::default(), ItemId(Uuid::from_u128(1)));
        marks.mark(item, 2);
        marks.clear_all();
        assert!(!marks.is_sold_out(item));
        marks.mark(item, 1);
        assert!(!marks.is_sold_out(item), "decided before the second return");
        marks.mark(item, 2);
        assert!(marks.is_sold_out(item));
    }
}
