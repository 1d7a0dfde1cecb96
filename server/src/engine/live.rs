//! The live page for staff: the state of the shop now. No decision depends on it.

pub mod look;

use std::sync::Arc;

use app::wire::Now;
use futures::lock::Mutex;

use super::ports::{
    CatalogueOverview, Clock, LiveLedger, OrderQueue, Outbox, SaleCounters, StockGate,
};

/// Dependencies of the live page.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub overview: Arc<dyn CatalogueOverview>,
    pub gate: Arc<dyn StockGate>,
    pub queue: Arc<dyn OrderQueue>,
    pub outbox: Option<Arc<dyn Outbox>>,
    pub ledger: Arc<dyn LiveLedger>,
    pub counters: Arc<dyn SaleCounters>,
    /// The latest result. The shop is read once a second, however many people have the page open.
    pub latest: Mutex<Option<Seen>>,
}

/// A result of reading the shop.
pub struct Seen {
    pub now: Arc<Now>,
    /// When the reading ended.
    pub ended_at_ms: i64,
}
