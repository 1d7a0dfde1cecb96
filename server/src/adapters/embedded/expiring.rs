//! A bounded map whose entries expire.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

/// Drops expired values when new ones are added, without a background task. When it is full of
/// entries that have not expired, it refuses new ones.
pub struct ExpiringMap<K, V> {
    capacity: usize,
    values: HashMap<K, (i64, V)>,
    /// Every entry once, the next to expire first: lifetimes differ.
    by_expiry: BTreeSet<(i64, K)>,
}

/// The map is full of entries that have not expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<K: Clone + Hash + Ord, V> ExpiringMap<K, V> {
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            values: HashMap::new(),
            by_expiry: BTreeSet::new(),
        }
    }

    pub fn insert(
        &mut self,
        key: K,
        value: V,
        expires_at_ms: i64,
        now_ms: i64,
    ) -> Result<(), Full> {
        self.drop_expired(now_ms);
        if self.values.len() >= self.capacity && !self.values.contains_key(&key) {
            return Err(Full);
        }
        self.remove(&key);
        self.by_expiry.insert((expires_at_ms, key.clone()));
        self.values.insert(key, (expires_at_ms, value));
        Ok(())
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key).map(|(_, value)| value)
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (key, (expires_at_ms, value)) = self.values.remove_entry(key)?;
        self.by_expiry.remove(&(expires_at_ms, key));
        Some(value)
    }

    fn drop_expired(&mut self, now_ms: i64) {
        while let Some((expires_at_ms, _)) = self.by_expiry.first()
            && *expires_at_ms <= now_ms
        {
            if let Some((_, key)) = self.by_expiry.pop_first() {
                self.values.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_refuses_entries_until_others_expire() {
        let mut map = ExpiringMap::new(2);
        assert_eq!(map.insert("a", 1, 10, 0), Ok(()));
        assert_eq!(map.insert("b", 2, 10, 0), Ok(()));
        assert_eq!(map.insert("c", 3, 10, 9), Err(Full));
        assert_eq!(map.insert("a", 4, 20, 9), Ok(()), "a known key is replaced");
        assert_eq!(map.insert("c", 5, 20, 10), Ok(()), "b has expired");
        assert_eq!(
            (map.get(&"a"), map.get(&"b"), map.get(&"c")),
            (Some(&4), None, Some(&5))
        );
    }

    #[test]
    fn removed_entries_leave_nothing_behind() {
        let mut map = ExpiringMap::new(10);
        for key in 0..1000 {
            assert_eq!(map.insert(key, key, 10, 0), Ok(()));
            assert_eq!(map.remove(&key), Some(key));
        }
        assert_eq!(map.insert(1000, 1000, 10, 0), Ok(()));
        assert_eq!(map.by_expiry.len(), 1);
    }

    #[test]
    fn a_long_lived_entry_does_not_block_others() {
        let mut map = ExpiringMap::new(2);
        assert_eq!(map.insert("long", 1, 120, 0), Ok(()));
        assert_eq!(map.insert("short", 2, 60, 0), Ok(()));
        assert_eq!(map.insert("new", 3, 120, 60), Ok(()), "short has expired");
        assert_eq!(
            (map.get(&"long"), map.get(&"short"), map.get(&"new")),
            (Some(&1), None, Some(&3))
        );
    }
}
