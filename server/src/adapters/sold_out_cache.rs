//! A cache of sold-out items, so that the gate need not be asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::wire::ItemId;

/// Sold-out items. One entry of some 40 bytes for each item that the gate refused with `sold_out`, or
/// of which a unit came back, since the process started; none is removed. Clones share them.
///
/// A refusal and a return may overtake each other: the gate answers "sold out", a unit comes back
/// and clears the entry, and then the late "sold out" would be stored for ever. So the gate numbers
/// its returns, and a refusal older than the last known return is ignored.
#[derive(Clone, Default)]
pub struct SoldOutCache {
    items: Arc<Mutex<HashMap<ItemId, Entry>>>,
}

#[derive(Default)]
struct Entry {
    sold_out: bool,
    /// The highest return number known to this process.
    returns: u64,
}

impl SoldOutCache {
    /// Stores that the gate refused with `sold_out` after `returns` returns.
    pub fn set(&self, item_id: ItemId, returns: u64) {
        self.note(item_id, returns, true);
    }

    /// Records that units have come back `returns` times, even if the item was not sold out: a late
    /// "sold out" may be under way.
    pub fn clear(&self, item_id: ItemId, returns: u64) {
        self.note(item_id, returns, false);
    }

    /// Forgets which items are sold out, but not their return numbers: for a process that may have
    /// missed a return. The next buyer of each item asks the gate.
    pub fn clear_all(&self) {
        for entry in self.items().values_mut() {
            entry.sold_out = false;
        }
    }

    /// Whether the item is known to be sold out.
    pub fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.returns_when_sold_out(item_id).is_some()
    }

    /// The number of returns when the item was sold out; `None` if it is not known to be sold out.
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
    fn clearing_all_keeps_the_return_numbers() {
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
