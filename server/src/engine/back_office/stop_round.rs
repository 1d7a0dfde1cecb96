//! The stop button: stops purchases in a round until it is resumed.

use app::wire::{LocalText, RoundId};

use super::{
    Deps,
    check_round::{Reason, is_title},
};
use crate::engine::ports::{CatalogueChanged, ChangedBy, PortError};

/// Why a round was neither stopped nor resumed.
#[derive(Debug, thiserror::Error)]
pub enum StopRoundError {
    /// There is no such round.
    #[error("there is no such round")]
    NotFound,
    /// The message is not valid.
    #[error("{}", Reason::Title)]
    Words,
    /// The ledger failed. The round may have been stopped; a repeat changes nothing.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Stops a round with a message that tells shoppers why, or changes the message. This instance's
/// pages show it when this returns, others' as soon as they receive the change. Gates refuse after
/// their next warm-up, which the change triggers.
///
/// # Errors
/// See [`StopRoundError`].
pub async fn stop_round(
    deps: &Deps,
    round_id: RoundId,
    words: &LocalText,
    by: &ChangedBy,
) -> Result<(), StopRoundError> {
    if !is_title(words) {
        return Err(StopRoundError::Words);
    }
    set_stopped(deps, round_id, Some(words), by).await
}

/// Resumes a stopped round. A round that is not stopped stays unchanged.
///
/// # Errors
/// See [`StopRoundError`].
pub async fn resume_round(
    deps: &Deps,
    round_id: RoundId,
    by: &ChangedBy,
) -> Result<(), StopRoundError> {
    set_stopped(deps, round_id, None, by).await
}

async fn set_stopped(
    deps: &Deps,
    round_id: RoundId,
    words: Option<&LocalText>,
    by: &ChangedBy,
) -> Result<(), StopRoundError> {
    let now_ms = deps.clock.now_ms();
    let items = deps
        .catalogue
        .set_stopped(round_id, words, by, now_ms)
        .await?;
    let items = items.ok_or(StopRoundError::NotFound)?;
    deps.events.tell(&CatalogueChanged { items }).await;
    Ok(())
}
