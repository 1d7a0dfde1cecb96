//! `warn_expiring`: warns buyers that the time to pay ends soon.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// How long before the deadline. Skips orders made after the warning time: their buyers are still there.
const BEFORE_MS: i64 = 2 * 60_000;

/// Warns buyers, once for each order. Returns how many.
///
/// # Errors
/// If the ledger fails.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let now_ms = deps.clock.now_ms();
    deps.messages.warn_expiring(now_ms, BEFORE_MS, BATCH).await
}
