//! A round with its items, approved or to be approved.

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
    /// It cannot be sold like this.
    #[error(transparent)]
    Invalid(#[from] InvalidRound),
    /// The ledger. Whether the round is there is not known: a repeat will tell.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A round that is in the shop now.
#[derive(Debug)]
pub struct Added {
    pub round: NewRound,
    pub state: RoundState,
    /// It was not there before.
    pub is_new: bool,
}

/// Adds a round that is on sale in its window. Pages show it at once: here when this returns, on other
/// instances as soon as they hear of it.
///
/// # Errors
/// See [`AddRoundError`]; of an invalid round nothing is written.
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

/// What is wrong with a round that is to be added, as far as it is known without the catalogue.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_coming_round(deps: &Deps, round: &NewRound) -> Result<(), InvalidRound> {
    check(round)?;
    if round.ends_at_ms <= deps.clock.now_ms() {
        return Err(Reason::Over.into());
    }
    Ok(())
}

/// Adds a round that has not ended yet, approved or to be approved, once: the same round again changes nothing, even when the
/// answer to the first call was lost.
///
/// # Errors
/// See [`AddRoundError`]; of an invalid round nothing is written.
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
            // Somebody added it since; perhaps the same one.
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
    let standing = deps.catalogue.standing(round.round_id).await?;
    let state = standing.map_or(RoundState::Submitted, |standing| standing.state);
    Ok(Some(Added {
        round: stored,
        state,
        is_new: false,
    }))
}
