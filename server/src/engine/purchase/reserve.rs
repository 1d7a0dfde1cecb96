//! `reserve`: the purchase. Checks from cheap to expensive: limit → path → sold-out cache → gate. In one
//! process these are steps ([`in_steps`](super::in_steps)); in a cluster one script does most of them
//! (`server/lua/gate/reserve.lua`).

use app::wire::{AccountId, ItemId, Rejection, ReservationId, Reserved};

use super::Deps;
use crate::engine::{
    LimitError,
    ports::{PathClaim, PortError, Purchased},
};

/// Why no unit is held.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// The buyer asked too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The gate refused, or the path is unknown, used, expired, or not this buyer's for this item.
    #[error("refused: {0:?}")]
    Refused(Rejection),
    /// The buyer already holds a unit.
    #[error("already reserved by {0}")]
    AlreadyReserved(ReservationId),
    /// There is no such item.
    #[error("not found")]
    NotFound,
    /// The result is unknown; a repeat with the same path repeats the same request.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Uses up `path` and holds a unit for `buyer`.
pub async fn reserve(
    deps: &Deps,
    buyer: AccountId,
    path: &str,
    item_id: ItemId,
) -> Result<Reserved, ReserveError> {
    let claim = PathClaim {
        buyer,
        item_id,
        path,
    };
    match deps.purchases.purchase(&claim).await? {
        Purchased::Held {
            reservation_id,
            position,
        } => {
            deps.wake.notify(deps.after_hold);
            Ok(Reserved {
                reservation_id,
                position,
            })
        }
        Purchased::AlreadyReserved(earlier) => Err(ReserveError::AlreadyReserved(earlier)),
        Purchased::Refused(rejection) => Err(ReserveError::Refused(rejection)),
        Purchased::Limited(over) => Err(LimitError::Over(over).into()),
        Purchased::UnknownItem => Err(ReserveError::NotFound),
    }
}
