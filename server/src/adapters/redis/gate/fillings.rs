//! What the ledger says about the filling of items, remembered for a second: reading the ledger for
//! every purchase is out of the question, and a script notices when our idea is an old one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::ItemId;
use tokio::sync::Mutex;

use crate::{
    adapters::cached::Answers,
    engine::ports::{GateLedger, LoadEpoch, PortError},
};

/// Asked for again after this long. While the ledger does not answer, its last word counts.
const LIFE: Duration = Duration::from_secs(1);
/// Items remembered.
const ITEMS: u64 = 10_000;

/// The memory.
pub struct Fillings {
    ledger: Arc<dyn GateLedger>,
    known: Answers<ItemId, Option<LoadEpoch>>,
    /// One fresh read at a time; whoever waited for it has its answer.
    reading: Mutex<()>,
}

impl Fillings {
    /// Remembers nothing yet.
    pub fn new(ledger: Arc<dyn GateLedger>) -> Self {
        Self {
            ledger,
            known: Answers::new(ITEMS, LIFE),
            reading: Mutex::default(),
        }
    }

    /// About a second old while the ledger answers. `None`: no such item is for sale.
    pub async fn get(&self, item_id: ItemId) -> Result<Option<LoadEpoch>, PortError> {
        let read = async { self.ledger.load_epoch(item_id).await };
        self.known.get(item_id, read).await
    }

    /// As the ledger said it at `not_before` or later.
    pub async fn refresh(
        &self,
        item_id: ItemId,
        not_before: Instant,
    ) -> Result<Option<LoadEpoch>, PortError> {
        let _one = self.reading.lock().await;
        if let Some(filling) = self.known.get_since(item_id, not_before).await {
            return Ok(filling);
        }
        let asked_at = Instant::now();
        let filling = self.ledger.load_epoch(item_id).await?;
        self.known.put(item_id, filling, asked_at).await;
        Ok(filling)
    }

    /// What this process has just told the ledger.
    pub async fn put(&self, item_id: ItemId, filling: LoadEpoch) {
        self.known.put(item_id, Some(filling), Instant::now()).await;
    }
}
