//! What the shop runs on: settings, instances, and what is not as it should be.

mod calls;

use std::sync::Arc;

use futures::lock::Mutex;

use super::{audit, ports::SaleCounters};

/// What it is read from, beside what the process knows of itself.
pub struct Deps {
    pub counters: Arc<dyn SaleCounters>,
    pub audit: Arc<audit::Deps>,
    /// The turn to look for what is wrong: it reads the whole ledger, and opens connections to every server.
    pub turn: Mutex<()>,
}
