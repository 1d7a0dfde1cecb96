//! What the ledger says about the filling of items, remembered for a second: reading the ledger for
//! every purchase is out of the question, and a script notices when our idea is an old one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use app::wire::ItemId;
use moka::future::Cache;
use tokio::sync::Mutex;

use crate::engine::ports::{Filling, PortError, Reservations};

/// Asked for again after this long, by one caller; the others go on with what is known.
const FRESH: Duration = Duration::from_secs(1);
/// While the ledger does not answer, what is known is good for this long, as are the catalogue and
/// the log-ins that a copy knows. A gate of another filling says so itself.
const LIFE: Duration = Duration::from_secs(600);
/// Items remembered.
const ITEMS: u64 = 10_000;

/// The memory.
pub struct Fillings {
    ledger: Arc<dyn Reservations>,
    known: Cache<ItemId, Arc<Known>>,
    /// One read at a time; whoever waited for it has its answer.
    reading: Mutex<()>,
}

struct Known {
    filling: Option<Filling>,
    /// When the read began.
    read_at: Instant,
    /// Somebody is reading it again.
    taken: AtomicBool,
}

impl Fillings {
    /// Remembers nothing yet.
    pub fn new(ledger: Arc<dyn Reservations>) -> Self {
        Self {
            ledger,
            known: Cache::builder()
                .max_capacity(ITEMS)
                .time_to_live(LIFE)
                .build(),
            reading: Mutex::default(),
        }
    }

    /// A second old at most while the ledger answers, half a minute when it does not. `None`: no
    /// such item is for sale.
    pub async fn get(&self, item_id: ItemId) -> Result<Option<Filling>, PortError> {
        let Some(known) = self.known.get(&item_id).await else {
            return self.refresh(item_id, Instant::now()).await;
        };
        if known.read_at.elapsed() < FRESH || known.taken.swap(true, Ordering::Relaxed) {
            return Ok(known.filling);
        }
        match self.read(item_id).await {
            Err(error) => {
                tracing::warn!(%item_id, %error, "the ledger does not say how the gate is filled");
                known.taken.store(false, Ordering::Relaxed);
                Ok(known.filling)
            }
            read => read,
        }
    }

    /// As the ledger said it at `not_before` or later.
    pub async fn refresh(
        &self,
        item_id: ItemId,
        not_before: Instant,
    ) -> Result<Option<Filling>, PortError> {
        let _one = self.reading.lock().await;
        match self.known.get(&item_id).await {
            Some(known) if known.read_at >= not_before => Ok(known.filling),
            _ => self.read(item_id).await,
        }
    }

    /// What this process has just told the ledger.
    pub async fn put(&self, item_id: ItemId, filling: Filling) {
        self.remember(item_id, Some(filling), Instant::now()).await;
    }

    async fn read(&self, item_id: ItemId) -> Result<Option<Filling>, PortError> {
        let read_at = Instant::now();
        let filling = self.ledger.filling(item_id).await?;
        self.remember(item_id, filling, read_at).await;
        Ok(filling)
    }

    async fn remember(&self, item_id: ItemId, filling: Option<Filling>, read_at: Instant) {
        let known = Known {
            filling,
            read_at,
            taken: AtomicBool::new(false),
        };
        self.known.insert(item_id, Arc::new(known)).await;
    }
}
