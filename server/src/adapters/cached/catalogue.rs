//! The catalogue, read from the store once in a while, however many ask; and what it said last, while
//! the store is away.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::wire::{ItemDetail, ItemId, Round};
use async_trait::async_trait;

use super::Answers;
use crate::engine::ports::{Catalogue, PortError, Window};

/// How long an answer may be old. A hand on the stop button works at the gate within its own refresh
/// period, so this is only how soon pages say so. What may be bought is decided by the gate, so pages
/// may be older while the store is away.
const LIFE: Duration = Duration::from_secs(5);
/// Items kept, absent ones included: an id that does not exist costs one read, too.
const ITEMS: u64 = 10_000;

/// After a change the answers come from the primary for so long: by then a replica that keeps up has
/// the change.
const REPLICA_DELAY: Duration = Duration::from_secs(30);

/// A cache over a [`Catalogue`].
pub struct CachedCatalogue<C> {
    store: Arc<C>,
    primary: Arc<C>,
    changed_at: Mutex<Option<Instant>>,
    rounds: Answers<(), Arc<Vec<Round>>>,
    items: Answers<ItemId, Option<Arc<ItemDetail>>>,
}

impl<C: Catalogue> CachedCatalogue<C> {
    /// An empty cache over `store`, which may be behind `primary`.
    pub fn new(store: Arc<C>, primary: Arc<C>) -> Self {
        Self {
            store,
            primary,
            changed_at: Mutex::default(),
            rounds: Answers::new(1, LIFE),
            items: Answers::new(ITEMS, LIFE),
        }
    }

    /// The catalogue has changed: whoever asks from now on hears of it.
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

    /// Not cached: asked by workers only.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError> {
        self.store.sellable_items(now_ms).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Knows nothing, and counts how often it is asked.
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
    async fn after_a_change_the_primary_is_asked_once_about_everything() {
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
