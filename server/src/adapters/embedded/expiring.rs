//! A bounded map whose entries expire.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Values that live about equally long. Expired ones are dropped as new ones come in; there is no
/// background task. When it is full of living entries it refuses new ones.
pub struct ExpiringMap<K, V> {
    capacity: usize,
    values: HashMap<K, (i64, V)>,
    /// In the order of insertion, which is the order of expiry as long as lives are equal. May
    /// name keys that are gone or were put again: then the expiry does not match.
    order: VecDeque<(i64, K)>,
}

/// The map holds as many living entries as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<K: Clone + Eq + Hash, V> ExpiringMap<K, V> {
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            values: HashMap::new(),
            order: VecDeque::new(),
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
        self.order.push_back((expires_at_ms, key.clone()));
        self.values.insert(key, (expires_at_ms, value));
        Ok(())
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key).map(|(_, value)| value)
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.values.remove(key).map(|(_, value)| value)
    }

    fn drop_expired(&mut self, now_ms: i64) {
        while let Some((expires_at_ms, key)) = self.order.front() {
            let stale = self
                .values
                .get(key)
                .is_none_or(|(at_ms, _)| at_ms != expires_at_ms);
            if !stale && *expires_at_ms > now_ms {
                break;
            }
            if !stale {
                self.values.remove(key);
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_expired_entries_make_room() {
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
        assert_eq!(map.order.len(), 1);
    }
}
