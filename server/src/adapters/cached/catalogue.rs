//! Caches the catalogue for all callers; while the ledger is unreachable, its last answers are used.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::wire::{ItemDetail, ItemId, Round};
use async_trait::async_trait;

use super::AnswerCache;
use crate::engine::ports::{Catalogue, PortError, Window};

/// How old an answer may be. This only delays pages: the gate applies a stop within its own refresh
/// period and decides what can be bought. So pages may be older while the ledger is unreachable.
const LIFE: Duration = Duration::from_secs(5);
/// Items cached, including missing ones: an unknown id costs a read too.
const ITEMS: u64 = 10_000;

/// After a change, answers come from the primary for this long: by then a replica that keeps up has
/// the change.
const REPLICA_DELAY: Duration = Duration::from_secs(30);

/// A cache over a [`Catalogue`].
pub struct CachedCatalogue<C> {
    store: Arc<C>,
    primary: Arc<C>,
    changed_at: Mutex<Option<Instant>>,
    rounds: AnswerCache<(), Arc<Vec<Round>>>,
    items: AnswerCache<ItemId, Option<Arc<ItemDetail>>>,
}

impl<C: Catalogue> CachedCatalogue<C> {
    /// An empty cache over a copy of the ledger, which may lag behind `primary`.
    pub fn new(store: Arc<C>, primary: Arc<C>) -> Self {
        Self {
            store,
            primary,
            changed_at: Mutex::default(),
            rounds: AnswerCache::new(1, LIFE),
            items: AnswerCache::new(ITEMS, LIFE),
        }
    }

    /// The catalogue has changed: later calls return the new data.
    pub fn forget_all(&self) {
        *self
            .changed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.rounds.forget_all();
        self.items.forget_all();
    }

    fn source(&self) -> &C {
        let changed_at = *self
            .changed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match changed_at.is_some_and(|at| at.elapsed() < REPLICA_DELAY) {
            true => &self.primary,
            false => &self.store,
        }
    }
}

#[async_trait]
impl<C: Catalogue> Catalogue for CachedCatalogue<C> {
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError> {
        let read = async { self.source().rounds(now_ms).await };
        self.rounds.get((), read).await
    }

    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError> {
        let read = async { self.source().item(item_id).await };
        self.items.get(item_id, read).await
    }

    /// Not cached: only workers call it.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError> {
        self.store.sellable_items(now_ms).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A ledger without data that counts the calls.
    #[derive(Default)]
    struct Asked(AtomicUsize);

    #[async_trait]
    impl Catalogue for Asked {
        async fn rounds(&self, _: i64) -> Result<Arc<Vec<Round>>, PortError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Arc::default())
        }

        async fn item(&self, _: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(None)
        }

        async fn sellable_items(&self, _: i64) -> Result<Vec<(ItemId, Window)>, PortError> {
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    async fn after_a_change_everything_is_read_once_from_the_primary() {
        let (replica, primary) = (Arc::<Asked>::default(), Arc::<Asked>::default());
        let catalogue = CachedCatalogue::new(replica.clone(), primary.clone());
        let ask = async || {
            for _ in 0..2 {
                catalogue.rounds(0).await.unwrap();
                let item_id = ItemId(uuid::Uuid::from_u128(1));
                catalogue.item(item_id).await.unwrap();
            }
            [&replica, &primary].map(|store| store.0.load(Ordering::SeqCst))
        };
        assert_eq!(ask().await, [2, 0]);
        catalogue.forget_all();
        assert_eq!(ask().await, [2, 2]);
    }
}
