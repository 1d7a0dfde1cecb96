//! The shop at this moment, for those who run it. What is shown here decides nothing.

pub mod look;

use std::sync::Arc;

use app::wire::Now;
use futures::lock::Mutex;

use super::ports::{
    CatalogueOverview, Clock, LiveLedger, OrderQueue, Outbox, SaleCounters, StockGate,
};

/// What the live page needs.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub overview: Arc<dyn CatalogueOverview>,
    pub gate: Arc<dyn StockGate>,
    pub queue: Arc<dyn OrderQueue>,
    pub outbox: Option<Arc<dyn Outbox>>,
    pub ledger: Arc<dyn LiveLedger>,
    pub counters: Arc<dyn SaleCounters>,
    /// What was seen last: however many look, the shop is asked once a second.
    pub latest: Mutex<Option<Seen>>,
}

/// What a look has found.
pub struct Seen {
    pub now: Arc<Now>,
    /// The look was over at this instant.
    pub ended_at_ms: i64,
}
