//! The catalogue, read from the store once in a while, however many ask; and what it said last, while
//! the store is away.

use std::{sync::Arc, time::Duration};

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

/// A cache over a [`Catalogue`].
pub struct CachedCatalogue<C> {
    store: Arc<C>,
    rounds: Answers<(), Arc<Vec<Round>>>,
    items: Answers<ItemId, Option<Arc<ItemDetail>>>,
}

impl<C: Catalogue> CachedCatalogue<C> {
    /// An empty cache over `store`.
    pub fn new(store: Arc<C>) -> Self {
        Self {
            store,
            rounds: Answers::new(1, LIFE),
            items: Answers::new(ITEMS, LIFE),
        }
    }
}

#[async_trait]
impl<C: Catalogue> Catalogue for CachedCatalogue<C> {
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError> {
        self.rounds.get((), self.store.rounds(now_ms)).await
    }

    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError> {
        self.items.get(item_id, self.store.item(item_id)).await
    }

    /// Not cached: asked by workers only.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError> {
        self.store.sellable_items(now_ms).await
    }
}
