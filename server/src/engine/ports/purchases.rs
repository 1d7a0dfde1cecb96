//! The purchase: a path is exchanged for the gate's decision.

use app::wire::{ItemId, Rejection, ReservationId};
use async_trait::async_trait;

use super::{PathClaim, PortError, RetryAfter};

/// What comes of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchased {
    /// A unit is held, as in [`Decision::Held`](super::Decision::Held).
    Held {
        /// The path's.
        reservation_id: ReservationId,
        /// First come, first served: 1 is the item's first buyer.
        position: u32,
    },
    /// The buyer holds a unit of this item already, by this reservation.
    AlreadyReserved(ReservationId),
    /// For this reason: the path ([`Rejection::PathInvalid`]), or the gate's.
    Refused(Rejection),
    /// The buyer asks too often.
    Limited(RetryAfter),
    /// The gate knows no such item.
    UnknownItem,
}

/// Exchanges paths for decisions: counts the call against the buyer's limit
/// ([`Limit::Purchase`](super::Limit::Purchase)), looks at the path, asks the gate, and uses the path up.
///
/// The path survives where it did not get its one fair answer: before the start, and when the gate was
/// not asked or did not answer. An answer that was lost is asked for once more with the same reservation;
/// where that is lost too the answer is an error, and the same path asks the same thing again. What this
/// process knows to be sold out uses up no path either: a unit may come back while it is good.
#[async_trait]
pub trait Purchases: Send + Sync + 'static {
    /// One try. An error means *unknown*: a unit may be held.
    async fn purchase(&self, claim: &PathClaim<'_>) -> Result<Purchased, PortError>;

    /// Whether this process knows, without asking anybody, that nothing is left. False is no promise.
    fn is_sold_out(&self, item_id: ItemId) -> bool;
}
