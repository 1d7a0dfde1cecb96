//! Hidden paths that were issued and can be used once.

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;

use super::{PortError, Unit};

/// Permission for one buyer to ask the gate for one item, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathGrant {
    /// The secret part of the address: 32 hexadecimal digits.
    pub path: String,
    /// The buyer, the item, and the reservation it will make. The reservation's id is chosen before
    /// the gate is asked, so that a second call with the same path repeats the same request.
    pub unit: Unit,
    /// Expires at this instant.
    pub expires_at_ms: i64,
    /// The gate was asked with this path and did not answer: see
    /// [`ReserveRequest::asked_before`](super::ReserveRequest::asked_before).
    pub asked: bool,
}

/// A buyer's claim to have a path for an item, not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathClaim<'a> {
    pub buyer: AccountId,
    pub item_id: ItemId,
    /// Unchecked input.
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

    /// Whether the claim matches an issued path that is valid at `now_ms`.
    pub fn is_of(&self, grant: &PathGrant, now_ms: i64) -> bool {
        let unit = &grant.unit;
        grant.path == self.path
            && (unit.buyer, unit.item_id) == (self.buyer, self.item_id)
            && now_ms < grant.expires_at_ms
    }
}

/// The issued paths. Bounded; when full, calls return [`PortError::Busy`].
#[async_trait]
pub trait Paths: Send + Sync + 'static {
    /// Stores a path and removes an earlier one of the same buyer and item.
    async fn put(&self, grant: PathGrant) -> Result<(), PortError>;

    /// Reads the path of a matching claim, if it was not used.
    async fn peek(&self, claim: &PathClaim<'_>) -> Result<Option<PathGrant>, PortError>;
}

/// Using up paths outside the gate.
#[async_trait]
pub trait TakePaths: Paths {
    /// Removes the path of a matching claim and returns it. Of concurrent callers, one gets it.
    async fn take(&self, claim: &PathClaim<'_>) -> Result<Option<PathGrant>, PortError>;
}
