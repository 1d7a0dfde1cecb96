//! `reserve`: the purchase. Filters from cheap to dear: limit → path (looked at) → sold-out cache → path
//! (taken) → gate. The cache comes before the taking, so that a sold-out item uses up no path.

use app::wire::{AccountId, ItemId, Rejection, ReservationId, Reserved};

use super::Deps;
use crate::engine::{
    LimitError, limit,
    ports::{Decision, Limit, PathGrant, PortError, ReserveRequest},
};

/// Why no unit is held.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The gate said no, or the path is unknown, used, expired, or not this buyer's for this item.
    #[error("refused: {0:?}")]
    Refused(Rejection),
    /// The buyer holds a unit already.
    #[error("already reserved by {0}")]
    AlreadyReserved(ReservationId),
    /// No such item.
    #[error("not found")]
    NotFound,
    /// Nobody knows; asking again with the same path is asking the same thing again.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Uses up `path` and holds a unit for `buyer`. The path survives where it did not get its one
/// fair answer: before the start, and when the gate was not asked or did not answer.
pub async fn reserve(
    deps: &Deps,
    buyer: AccountId,
    path: &str,
    item_id: ItemId,
) -> Result<Reserved, ReserveError> {
    limit::count(&*deps.limits, Limit::Purchase(buyer)).await?;
    let now_ms = deps.clock.now_ms();
    let good = |grant: &PathGrant| {
        grant.unit.buyer == buyer && grant.unit.item_id == item_id && now_ms < grant.expires_at_ms
    };
    let path_invalid = ReserveError::Refused(Rejection::PathInvalid);
    let Some(found) = deps.paths.peek(path).await?.filter(good) else {
        return Err(path_invalid);
    };
    if !found.asked && deps.gate.is_sold_out(item_id) {
        // The path is not worth using up: a unit may come back while it is good.
        return Err(ReserveError::Refused(Rejection::SoldOut));
    }
    let Some(mut grant) = deps.paths.take(path).await?.filter(good) else {
        return Err(path_invalid);
    };

    let reservation_id = grant.unit.reservation_id;
    match ask_gate(deps, &mut grant).await {
        Ok(Decision::Held { position }) => {
            deps.wake.notify(deps.after_hold);
            Ok(Reserved {
                reservation_id,
                position,
            })
        }
        Ok(Decision::AlreadyReserved(earlier)) => Err(ReserveError::AlreadyReserved(earlier)),
        Ok(Decision::SoldOut { .. }) => Err(ReserveError::Refused(Rejection::SoldOut)),
        Ok(Decision::UnknownItem) => Err(ReserveError::NotFound),
        Ok(Decision::Refused(rejection)) => {
            if matches!(rejection, Rejection::NotStarted | Rejection::Busy) {
                deps.paths.put(grant).await?;
            }
            Err(ReserveError::Refused(rejection))
        }
        Err(unknown) => {
            deps.paths.put(grant).await?;
            Err(unknown.into())
        }
    }
}

/// A lost answer is asked for once more, with the same id: whatever was decided is told again. The
/// grant keeps that an answer was lost, whatever the second one is: a unit may be held.
async fn ask_gate(deps: &Deps, grant: &mut PathGrant) -> Result<Decision, PortError> {
    if let answer @ Ok(_) = deps.gate.reserve(request(grant)).await {
        return answer;
    }
    grant.asked = true;
    deps.gate.reserve(request(grant)).await
}

fn request(grant: &PathGrant) -> ReserveRequest {
    ReserveRequest {
        unit: grant.unit,
        path: grant.path.clone(),
        asked_before: grant.asked,
    }
}
