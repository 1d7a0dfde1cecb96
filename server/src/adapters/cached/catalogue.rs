//! The catalogue, read from the store once in a while, however many ask.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::{ItemDetail, ItemId, Round};
use async_trait::async_trait;
use moka::{Expiry, future::Cache};
use rand::Rng;

use crate::engine::ports::{Catalogue, PortError, Window};

/// How long an answer may be old; spread by a tenth, so that entries made together do not expire
/// together. A hand on the stop button works at the gate within its own refresh period, so this is
/// only how soon pages say so.
const LIFE: Duration = Duration::from_secs(5);
/// Items kept, absent ones included: an id that does not exist costs one read, too.
const ITEMS: u64 = 10_000;

struct SpreadLife;

impl<K, V> Expiry<K, V> for SpreadLife {
    fn expire_after_create(&self, _: &K, _: &V, _: Instant) -> Option<Duration> {
        Some(LIFE.mul_f64(rand::rng().random_range(0.9..1.1)))
    }
}

/// A cache over a [`Catalogue`]: single flight per key, errors are not kept.
pub struct CachedCatalogue<C> {
    store: Arc<C>,
    rounds: Cache<(), Arc<Vec<Round>>>,
    items: Cache<ItemId, Option<Arc<ItemDetail>>>,
}

impl<C: Catalogue> CachedCatalogue<C> {
    /// An empty cache over `store`.
    pub fn new(store: Arc<C>) -> Self {
        Self {
            store,
            rounds: Cache::builder()
                .max_capacity(1)
                .expire_after(SpreadLife)
                .build(),
            items: Cache::builder()
                .max_capacity(ITEMS)
                .expire_after(SpreadLife)
                .build(),
        }
    }
}

/// One flight's error, for everybody who waited for it.
fn shared(error: Arc<PortError>) -> PortError {
    match &*error {
        PortError::Busy { port, detail } => PortError::Busy {
            port,
            detail: detail.clone(),
        },
        PortError::Failed { port, .. } => PortError::Failed {
            port,
            source: Box::new(error),
        },
    }
}

#[async_trait]
impl<C: Catalogue> Catalogue for CachedCatalogue<C> {
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError> {
        self.rounds
            .try_get_with((), self.store.rounds(now_ms))
            .await
            .map_err(shared)
    }

    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError> {
        self.items
            .try_get_with(item_id, self.store.item(item_id))
            .await
            .map_err(shared)
    }

    /// Not cached: asked by workers only.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError> {
        self.store.sellable_items(now_ms).await
    }
}
