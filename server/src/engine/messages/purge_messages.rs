//! `purge_messages`: messages that are old, or more than an account keeps, are deleted.

use super::{Deps, KEPT};
use crate::engine::{BATCH, ports::PortError};

/// Returns how many.
///
/// # Errors
/// The ledger.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let before_ms = deps.clock.now_ms() - deps.rules.keep_messages_ms;
    deps.messages.purge_messages(before_ms, KEPT, BATCH).await
}
