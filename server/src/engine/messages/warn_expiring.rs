//! `warn_expiring`: buyers are told that the time to pay ends soon.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// So long before the deadline. An order that was made later than that is not told of: its buyer is there.
const BEFORE_MS: i64 = 2 * 60_000;

/// Tells them, once for each order. Returns how many.
///
/// # Errors
/// The ledger.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let now_ms = deps.clock.now_ms();
    deps.messages.warn_expiring(now_ms, BEFORE_MS, BATCH).await
}
