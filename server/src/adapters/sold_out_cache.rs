//! What this process knows to be sold out, so that it need not ask the gate.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::wire::ItemId;

/// Sold-out items. One entry of some 40 bytes for each item that was refused with `sold_out` or got a
/// unit back since the process began; none is removed. Clones share the content.
///
/// A refusal and the return of a unit may cross: the gate says "sold out", a unit comes back and
/// clears the entry, and only then the late "sold out" is noted, for ever. So the gate numbers its
/// returns, and a refusal older than the last return is ignored.
#[derive(Clone, Default)]
pub struct SoldOutCache {
    items: Arc<Mutex<HashMap<ItemId, Entry>>>,
}

#[derive(Default)]
struct Entry {
    sold_out: bool,
    /// Returns that this process has heard of.
    returns: u64,
}

impl SoldOutCache {
    /// Notes that the gate refused with `sold_out` after `returns` returns.
    pub fn set(&self, item_id: ItemId, returns: u64) {
        self.note(item_id, returns, true);
    }

    /// Notes that units have come back `returns` times. Remembered for an item that was not sold out
    /// too: a late "sold out" may be under way.
    pub fn clear(&self, item_id: ItemId, returns: u64) {
        self.note(item_id, returns, false);
    }

    /// Forgets what is sold out, not how often units came back: for a process that may have missed
    /// a return. The next buyer of each item asks the gate.
    pub fn clear_all(&self) {
        for entry in self.items().values_mut() {
            entry.sold_out = false;
        }
    }

    /// Whether the item is known to be sold out.
    pub fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.returns_when_sold_out(item_id).is_some()
    }

    /// After how many returns the item was sold out, if it is known to be.
    pub fn returns_when_sold_out(&self, item_id: ItemId) -> Option<u64> {
        let items = self.items();
        let entry = items.get(&item_id).filter(|entry| entry.sold_out)?;
        Some(entry.returns)
    }

    fn note(&self, item_id: ItemId, returns: u64, sold_out: bool) {
        let mut items = self.items();
        let entry = items.entry(item_id).or_default();
        if returns >= entry.returns {
            *entry = Entry { sold_out, returns };
        }
    }

    fn items(&self) -> MutexGuard<'_, HashMap<ItemId, Entry>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_late_sold_out_does_not_undo_a_return() {
        let (cache, item) = (SoldOutCache::default(), ItemId(Uuid::from_u128(1)));
        cache.set(item, 0);
        assert!(cache.is_sold_out(item));
        cache.clear(item, 1);
        cache.set(item, 0);
        assert!(
            !cache.is_sold_out(item),
            "decided before the unit came back"
        );
        cache.set(item, 1);
        assert!(
            cache.is_sold_out(item),
            "decided after the unit came back and was sold again"
        );
    }

    #[test]
    fn clearing_all_keeps_how_often_units_came_back() {
        let (cache, item) = (SoldOutCache::default(), ItemId(Uuid::from_u128(1)));
        cache.set(item, 2);
        cache.clear_all();
        assert!(!cache.is_sold_out(item));
        cache.set(item, 1);
        assert!(!cache.is_sold_out(item), "decided before the second return");
        cache.set(item, 2);
        assert!(cache.is_sold_out(item));
    }
}
