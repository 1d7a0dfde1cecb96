//! What the shop runs on: settings, instances, and what is not as it should be.

mod calls;

use std::sync::Arc;

use futures::lock::Mutex;

use app::wire::{ApiError, Differences, Finding};

use super::{audit, ports::SaleCounters};

/// What was found, for who asked or asks next.
#[derive(Default)]
pub struct Looked {
    /// When it was found, epoch milliseconds.
    at_ms: i64,
    findings: Option<Vec<Finding>>,
    differences: Option<Result<Differences, ApiError>>,
}

/// What it is read from, beside what the process knows of itself.
pub struct Deps {
    pub counters: Arc<dyn SaleCounters>,
    pub audit: Arc<audit::Deps>,
    /// The turn to look for what is wrong: it reads the whole ledger, and opens connections to every server. It lasts
    /// as long as the look, whoever waits for it, and then has what came of it.
    pub turn: Arc<Mutex<Looked>>,
}
