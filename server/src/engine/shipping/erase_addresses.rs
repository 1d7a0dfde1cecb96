//! `erase_addresses`: erases addresses that are no longer needed.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// Erases addresses that were kept long enough. Returns how many.
///
/// # Errors
/// If the ledger fails.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let before_ms = deps.clock.now_ms() - deps.rules.keep_address_ms;
    deps.addresses.erase_addresses(before_ms, BATCH).await
}
