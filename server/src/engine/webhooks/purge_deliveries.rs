//! `purge_deliveries`: deletes old messages. At that age, only messages to endpoints that are switched off or gone
//! still wait.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// Long enough to investigate after a holiday what a program has missed.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// Deletes a batch. Returns how many.
///
/// # Errors
/// If the ledger fails.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let before_ms = deps.clock.now_ms() - KEPT_MS;
    deps.deliveries.purge_deliveries(before_ms, BATCH).await
}
