//! Hidden paths that were handed out and wait for their one use.

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;

use super::{PortError, Unit};

/// The right of one buyer to ask the gate for one item, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathGrant {
    /// The secret part of the address: 32 hexadecimal digits.
    pub path: String,
    /// Whose, for what, and the reservation it will make: decided before the gate is asked, so that
    /// asking again with the same path is asking the same thing again.
    pub unit: Unit,
    /// Worthless from this instant on.
    pub expires_at_ms: i64,
    /// The gate was asked with it and did not answer: see
    /// [`ReserveRequest::asked_before`](super::ReserveRequest::asked_before).
    pub asked: bool,
}

/// A buyer with a path for an item, as they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathClaim<'a> {
    pub buyer: AccountId,
    pub item_id: ItemId,
    /// From outside: anything.
    pub path: &'a str,
}

impl PathClaim<'_> {
    /// The unit that a reservation of this claim holds.
    pub fn unit(&self, reservation_id: ReservationId) -> Unit {
        Unit {
            buyer: self.buyer,
            item_id: self.item_id,
            reservation_id,
        }
    }

    /// Whether the claim is true of a path that was handed out, and is good at `now_ms`.
    pub fn is_of(&self, grant: &PathGrant, now_ms: i64) -> bool {
        let unit = &grant.unit;
        grant.path == self.path
            && (unit.buyer, unit.item_id) == (self.buyer, self.item_id)
            && now_ms < grant.expires_at_ms
    }
}

/// Paths that were handed out. Bounded; at the bound the answer is [`PortError::Busy`].
#[async_trait]
pub trait Paths: Send + Sync + 'static {
    /// Remembers a path; an earlier one of the same buyer and item is forgotten.
    async fn put(&self, grant: PathGrant) -> Result<(), PortError>;

    /// The path of a true claim, if it was not used up. It is left where it is.
    async fn peek(&self, claim: &PathClaim<'_>) -> Result<Option<PathGrant>, PortError>;
}

/// Paths that somebody else than the gate uses up.
#[async_trait]
pub trait TakePaths: Paths {
    /// Removes the path of a true claim and returns it. Of many callers at once, one gets it.
    async fn take(&self, claim: &PathClaim<'_>) -> Result<Option<PathGrant>, PortError>;
}
