//! `purge_messages`: deletes old messages, and those beyond an account's limit.

use super::{Deps, KEPT};
use crate::engine::{BATCH, ports::PortError};

/// Deletes a batch. Returns how many.
///
/// # Errors
/// If the ledger fails.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let before_ms = deps.clock.now_ms() - deps.rules.keep_messages_ms;
    deps.messages.purge_messages(before_ms, KEPT, BATCH).await
}
