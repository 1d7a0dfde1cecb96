//! Review by a second person: a prepared round is approved, or sent back with a reason. Until it is
//! approved, only staff see it, and no gate knows it.

use app::wire::{Permission, RoundDraft, RoundId, RoundState};
use sha2::{Digest, Sha256};

use super::{Deps, add_round::check_coming_round, check_round::InvalidRound, draft};
use crate::{
    engine::ports::{CatalogueChanged, ChangedBy, PortError, Review, Reviewed},
    hex,
};

/// Why a round was neither approved nor sent back.
#[derive(Debug, thiserror::Error)]
pub enum ReviewRoundError {
    /// There is no such round.
    #[error("there is no such round")]
    NotFound,
    /// The caller prepared the round and may not approve it.
    #[error("the caller prepared the round and may not approve it")]
    OwnRound,
    /// Another person prepared the round.
    #[error("another person prepared the round")]
    NotYours,
    /// The round has changed since the caller looked at it.
    #[error("the round has changed since it was reviewed")]
    OtherContent,
    /// It was approved or sent back before.
    #[error("the round was approved or sent back before")]
    NotWaiting,
    /// It can no longer be sold.
    #[error(transparent)]
    Invalid(#[from] InvalidRound),
    /// The ledger failed. The round may have been approved: repeat the call.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A short hash of the content that a reviewer sees: SHA-256 in hexadecimal digits.
pub fn content_hash(draft: &RoundDraft) -> String {
    // A draft holds only texts and numbers, so that writing it as JSON cannot fail.
    hex::digits(&Sha256::digest(
        serde_json::to_vec(draft).unwrap_or_default(),
    ))
}

/// Approves a round if its content is the one that was reviewed. It is on sale in its window, and on
/// this instance's pages when this returns. Returns false on a repeat, which changes nothing.
///
/// # Errors
/// See [`ReviewRoundError`].
pub async fn approve_round(
    deps: &Deps,
    round_id: RoundId,
    looked_at: &str,
    by: &ChangedBy,
) -> Result<bool, ReviewRoundError> {
    let review_state = deps.catalogue.review_state(round_id).await?;
    let review_state = review_state.ok_or(ReviewRoundError::NotFound)?;
    if review_state.state == RoundState::Approved {
        return Ok(false);
    }
    if review_state.state != RoundState::Submitted {
        return Err(ReviewRoundError::NotWaiting);
    }
    if !deps.self_approval && review_state.prepared_by == by.account_id {
        return Err(ReviewRoundError::OwnRound);
    }
    let round = deps.catalogue.round(round_id).await?;
    let round = round.ok_or(ReviewRoundError::NotFound)?;
    if content_hash(&draft::of_round(&round)) != looked_at {
        return Err(ReviewRoundError::OtherContent);
    }
    check_coming_round(deps, &round)?;
    review(deps, round_id, Review::Approve, by).await?;
    let items = round.items.iter().map(|item| item.item_id).collect();
    deps.events.tell(&CatalogueChanged { items }).await;
    Ok(true)
}

/// Sends a round back. It can be copied, corrected and submitted again. Staff who may not approve rounds
/// can only take back their own.
///
/// # Errors
/// See [`ReviewRoundError`].
pub async fn send_back(
    deps: &Deps,
    round_id: RoundId,
    may_approve: bool,
    by: &ChangedBy,
) -> Result<(), ReviewRoundError> {
    let review_state = deps.catalogue.review_state(round_id).await?;
    let review_state = review_state.ok_or(ReviewRoundError::NotFound)?;
    if !may_approve && review_state.prepared_by != by.account_id {
        return Err(ReviewRoundError::NotYours);
    }
    review(deps, round_id, Review::SendBack, by).await
}

async fn review(
    deps: &Deps,
    round_id: RoundId,
    review: Review,
    by: &ChangedBy,
) -> Result<(), ReviewRoundError> {
    let now_ms = deps.clock.now_ms();
    match deps.catalogue.review(round_id, review, by, now_ms).await? {
        Reviewed::Done => Ok(()),
        Reviewed::NotWaiting => Err(ReviewRoundError::NotWaiting),
        Reviewed::NotFound => Err(ReviewRoundError::NotFound),
    }
}

/// The first state of a round that this role adds: approved at once if the role may approve rounds and
/// the shop allows self-approval.
pub fn first_state(deps: &Deps, role: app::wire::Role) -> RoundState {
    match deps.self_approval && Permission::ApproveRounds.is_given_to(role) {
        true => RoundState::Approved,
        false => RoundState::Submitted,
    }
}
