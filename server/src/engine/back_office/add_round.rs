//! Adds a round with its items, approved or waiting for approval.

use app::wire::RoundState;

use super::{
    Deps,
    check_round::{InvalidRound, Reason, check},
    draft,
};
use crate::engine::ports::{AddedRow, CatalogueChanged, ChangedBy, NewRound, PortError};

/// Why a round was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddRoundError {
    /// The round cannot be sold in this form.
    #[error(transparent)]
    Invalid(#[from] InvalidRound),
    /// The ledger failed. The round may have been added: repeat the call.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A round that is now in the shop.
#[derive(Debug)]
pub struct Added {
    pub round: NewRound,
    pub state: RoundState,
    /// It was added by this call.
    pub is_new: bool,
}

/// Adds a round that is on sale in its window. This instance's pages show it when this returns, other
/// instances' as soon as they receive the change.
///
/// # Errors
/// See [`AddRoundError`]; an invalid round is not written.
pub async fn add_round(deps: &Deps, round: &NewRound, by: &ChangedBy) -> Result<(), AddRoundError> {
    write_round(deps, round, RoundState::Approved, by).await
}

async fn write_round(
    deps: &Deps,
    round: &NewRound,
    state: RoundState,
    by: &ChangedBy,
) -> Result<(), AddRoundError> {
    check(round)?;
    let now_ms = deps.clock.now_ms();
    let added = deps.catalogue.add_round(round, state, by, now_ms).await?;
    let wrong = match added {
        AddedRow::Added if state != RoundState::Approved => return Ok(()),
        AddedRow::Added => {
            let items = round.items.iter().map(|item| item.item_id).collect();
            deps.events.tell(&CatalogueChanged { items }).await;
            return Ok(());
        }
        AddedRow::Exists => Reason::OtherRound.into(),
        AddedRow::OtherProduct(product_id) => InvalidRound {
            item: round
                .items
                .iter()
                .position(|item| item.product_id == product_id),
            reason: Reason::OtherProduct,
        },
    };
    Err(AddRoundError::Invalid(wrong))
}

/// Checks a new round as far as is possible without the catalogue.
///
/// # Errors
/// The first problem found.
pub fn check_coming_round(deps: &Deps, round: &NewRound) -> Result<(), InvalidRound> {
    check(round)?;
    if round.ends_at_ms <= deps.clock.now_ms() {
        return Err(Reason::Over.into());
    }
    Ok(())
}

/// Adds a round that has not ended yet, approved or waiting for approval. A repeat changes nothing, even when the
/// answer to the first call was lost.
///
/// # Errors
/// See [`AddRoundError`]; an invalid round is not written.
pub async fn add_coming_round(
    deps: &Deps,
    round: NewRound,
    state: RoundState,
    by: &ChangedBy,
) -> Result<Added, AddRoundError> {
    check(&round)?;
    if let Some(added) = find(deps, &round).await? {
        return Ok(added);
    }
    check_coming_round(deps, &round)?;
    match write_round(deps, &round, state, by).await {
        Err(AddRoundError::Invalid(wrong)) if wrong.reason == Reason::OtherRound => {
            // Another caller has added it since, perhaps the same round.
            find(deps, &round)
                .await?
                .ok_or(AddRoundError::Invalid(wrong))
        }
        Err(error) => Err(error),
        Ok(()) => Ok(Added {
            round,
            state,
            is_new: true,
        }),
    }
}

/// The round, if the shop has it.
async fn find(deps: &Deps, round: &NewRound) -> Result<Option<Added>, AddRoundError> {
    let Some(stored) = deps.catalogue.round(round.round_id).await? else {
        return Ok(None);
    };
    if draft::of_round(&stored) != draft::of_round(round) {
        return Err(InvalidRound::from(Reason::OtherRound).into());
    }
    let review_state = deps.catalogue.review_state(round.round_id).await?;
    let state = review_state.map_or(RoundState::Submitted, |review_state| review_state.state);
    Ok(Some(Added {
        round: stored,
        state,
        is_new: false,
    }))
}
