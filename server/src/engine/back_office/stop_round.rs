//! The stop button: nobody can buy in a round until it is resumed.

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
    /// These are no words.
    #[error("{}", Reason::Title)]
    Words,
    /// The ledger. Whether the round is stopped is not known: a repeat changes nothing.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Stops a round with words that tell shoppers why, or changes the words. The pages of this instance
/// say so when this returns, those of others as soon as they hear of it; gates refuse as soon as they
/// are warmed up, which the change asks for.
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

/// Lets a stopped round go on. One that is not stopped stays as it is.
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
