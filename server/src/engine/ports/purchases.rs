//! The purchase: exchanges a path for the gate's decision.

use app::wire::{ItemId, Rejection, ReservationId};
use async_trait::async_trait;

use super::{PathClaim, PortError, RetryAfter};

/// The result of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchased {
    /// A unit is held, as in [`Decision::Held`](super::Decision::Held).
    Held {
        /// The reservation of the path.
        reservation_id: ReservationId,
        /// First come, first served: the item's first buyer gets 1.
        position: u32,
    },
    /// The buyer already holds a unit of this item, with this reservation.
    AlreadyReserved(ReservationId),
    /// Refused because of the path ([`Rejection::PathInvalid`]), or by the gate.
    Refused(Rejection),
    /// The buyer asks too often.
    Limited(RetryAfter),
    /// The gate does not know the item.
    UnknownItem,
}

/// Exchanges paths for decisions: counts the call against the buyer's limit
/// ([`Limit::Purchase`](super::Limit::Purchase)), checks the path, asks the gate, and uses up the path.
///
/// The path stays valid if it got no decision: before the start, and when the gate was not asked or did
/// not answer. A lost answer is requested once more with the same reservation; if that is lost too, the
/// call returns an error, and the same path repeats the same request. If this process knows that the item
/// is sold out, the path also stays valid: a unit may come back.
#[async_trait]
pub trait Purchases: Send + Sync + 'static {
    /// One try. After an error the result is unknown: a unit may be held.
    async fn purchase(&self, claim: &PathClaim<'_>) -> Result<Purchased, PortError>;

    /// Whether this process knows, without calling the gate, that nothing is left. May miss it.
    fn is_sold_out(&self, item_id: ItemId) -> bool;
}
