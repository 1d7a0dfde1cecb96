//! An approved round with its items.

use super::{
    Deps,
    check_round::{InvalidRound, Reason, check},
    draft,
};
use crate::engine::ports::{CatalogueChanged, NewRound, PortError, Product};

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
    /// It was not there before.
    pub is_new: bool,
}

/// Adds a round that is on sale in its window. Pages show it at once: here when this returns, on other
/// instances as soon as they hear of it.
///
/// # Errors
/// See [`AddRoundError`]; of an invalid round nothing is written.
pub async fn add_round(deps: &Deps, round: &NewRound) -> Result<(), AddRoundError> {
    check(round)?;
    deps.catalogue.add_round(round).await?;
    let items = round.items.iter().map(|item| item.item_id).collect();
    deps.events.tell(&CatalogueChanged { items }).await;
    Ok(())
}

/// Adds a round that has not ended yet, once: the same round again changes nothing, even when the
/// answer to the first call was lost.
///
/// # Errors
/// See [`AddRoundError`]; of an invalid round nothing is written.
pub async fn add_coming_round(deps: &Deps, round: NewRound) -> Result<Added, AddRoundError> {
    check(&round)?;
    if let Some(stored) = deps.catalogue.round(round.round_id).await? {
        return match draft::of_round(&stored) == draft::of_round(&round) {
            true => Ok(Added {
                round: stored,
                is_new: false,
            }),
            false => Err(InvalidRound::from(Reason::OtherRound).into()),
        };
    }
    if round.ends_at_ms <= deps.clock.now_ms() {
        return Err(InvalidRound::from(Reason::Over).into());
    }
    check_products(deps, &round).await?;
    add_round(deps, &round).await?;
    Ok(Added {
        round,
        is_new: true,
    })
}

/// A product that the shop has is left as it is: a round that describes it otherwise would sell
/// something else than it says.
async fn check_products(deps: &Deps, round: &NewRound) -> Result<(), AddRoundError> {
    let ids: Vec<_> = round.items.iter().map(|item| item.product_id).collect();
    let stored = deps.catalogue.products(&ids).await?;
    for (index, item) in round.items.iter().enumerate() {
        let product = item.product();
        let is_other =
            |known: &Product| known.product_id == product.product_id && *known != product;
        if stored.iter().any(is_other) {
            return Err(AddRoundError::Invalid(InvalidRound {
                item: Some(index),
                reason: Reason::OtherProduct,
            }));
        }
    }
    Ok(())
}
