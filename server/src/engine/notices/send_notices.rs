//! Sends notices to people, off the request path.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// Sends waiting notices, at least once: a crash between sending and marking sends one twice.
/// Returns how many were sent.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let unsent = deps.notices.unsent(BATCH).await?;
    for notice in &unsent {
        deps.notifier.welcome(notice).await?;
        deps.notices
            .sent(notice.notice_id, deps.clock.now_ms())
            .await?;
    }
    Ok(unsent.len() as u32)
}
