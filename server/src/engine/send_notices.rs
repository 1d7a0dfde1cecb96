//! Messages to people, off the request path.

use super::{Engine, ports::PortError, rules::BATCH};

/// Sends what waits. A crash between sending and marking sends twice: at least once. Returns how
/// many were sent.
pub async fn run_once(engine: &Engine) -> Result<u32, PortError> {
    let unsent = engine.notices.unsent(BATCH).await?;
    for notice in &unsent {
        engine.notifier.welcome(notice).await?;
        engine
            .notices
            .sent(notice.notice_id, engine.clock.now_ms())
            .await?;
    }
    Ok(unsent.len() as u32)
}
