//! `purge_deliveries`: messages are kept for a while, then deleted. After so long none waits but for an endpoint that
//! is switched off or gone.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// Long enough to look into what a program has missed over a holiday.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// Returns how many.
///
/// # Errors
/// If the ledger fails.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let before_ms = deps.clock.now_ms() - KEPT_MS;
    deps.deliveries.purge_deliveries(before_ms, BATCH).await
}
