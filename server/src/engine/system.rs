//! The system page: settings, instances and problems.

mod calls;

use std::sync::Arc;

use futures::lock::Mutex;

use app::wire::{ApiError, Differences, DoctorCheck};

use super::{audit, ports::SaleCounters};

/// A result, kept for the caller or, if the caller has left, for the next one.
#[derive(Default)]
pub struct Looked {
    /// When they were found, epoch milliseconds.
    at_ms: i64,
    checks: Option<Vec<DoctorCheck>>,
    differences: Option<Result<Differences, ApiError>>,
}

/// Dependencies of the system page, apart from what the process knows of itself.
pub struct Deps {
    pub counters: Arc<dyn SaleCounters>,
    pub audit: Arc<audit::Deps>,
    /// Lock for looking for problems, which reads the whole ledger and connects to every server. It is held until
    /// that ends, even if the caller has left, and then holds the result.
    pub looked: Arc<Mutex<Looked>>,
}
