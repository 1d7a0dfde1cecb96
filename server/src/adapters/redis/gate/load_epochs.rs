//! A cache of the load epochs in the ledger: reading the ledger for every purchase would be too
//! slow, and a script notices when the cached epoch is old.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::ItemId;
use tokio::sync::Mutex;

use crate::{
    adapters::cached::AnswerCache,
    engine::ports::{GateLedger, LoadEpoch, PortError},
};

/// Entries are read again after this long, or kept while the ledger does not answer.
const LIFE: Duration = Duration::from_secs(1);
/// Most items in the cache.
const MAX_ITEMS: u64 = 10_000;

/// The cache.
pub struct LoadEpochs {
    ledger: Arc<dyn GateLedger>,
    cache: AnswerCache<ItemId, Option<LoadEpoch>>,
    /// One fresh read at a time; a caller that waited gets its result.
    reading: Mutex<()>,
}

impl LoadEpochs {
    /// Creates an empty cache.
    pub fn new(ledger: Arc<dyn GateLedger>) -> Self {
        Self {
            ledger,
            cache: AnswerCache::new(MAX_ITEMS, LIFE),
            reading: Mutex::default(),
        }
    }

    /// The epoch, about a second old while the ledger answers. `None`: no such item is on sale.
    pub async fn get(&self, item_id: ItemId) -> Result<Option<LoadEpoch>, PortError> {
        let read = async { self.ledger.load_epoch(item_id).await };
        self.cache.get(item_id, read).await
    }

    /// The epoch as the ledger stored it at `not_before` or later.
    pub async fn refresh(
        &self,
        item_id: ItemId,
        not_before: Instant,
    ) -> Result<Option<LoadEpoch>, PortError> {
        let _one = self.reading.lock().await;
        if let Some(loaded) = self.cache.get_since(item_id, not_before).await {
            return Ok(loaded);
        }
        let asked_at = Instant::now();
        let loaded = self.ledger.load_epoch(item_id).await?;
        self.cache.put(item_id, loaded, asked_at).await;
        Ok(loaded)
    }

    /// Caches what this process has just stored in the ledger.
    pub async fn put(&self, item_id: ItemId, loaded: LoadEpoch) {
        self.cache.put(item_id, Some(loaded), Instant::now()).await;
    }
}
