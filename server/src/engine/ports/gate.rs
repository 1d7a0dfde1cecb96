//! The gate: decides in one atomic step who gets a unit. Three ports, split by who uses it: the
//! purchase reserves, workers bring units back, everybody else prepares and reads.

use app::wire::{AccountId, ItemId, Phase, Rejection, ReservationId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortError;

/// When an item can be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Opens (inclusive), epoch milliseconds.
    pub starts_at_ms: i64,
    /// Closes (exclusive), epoch milliseconds.
    pub ends_at_ms: i64,
    /// Stopped by hand.
    pub stopped: bool,
}

impl Window {
    /// Where the window stands.
    pub fn phase_at(&self, now_ms: i64) -> Phase {
        Phase::at(self.starts_at_ms, self.ends_at_ms, self.stopped, now_ms)
    }
}

/// A unit that a reservation holds or held, or asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub item_id: ItemId,
    pub buyer: AccountId,
    pub reservation_id: ReservationId,
}

/// A buyer asks for a unit. The same request again (same `reservation_id`) gives the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveRequest {
    /// Its id is made before the gate is asked.
    pub unit: Unit,
    /// The hidden path it came by, kept with the reservation as evidence.
    pub path: String,
    /// Asked before, without an answer: a unit may be held already, so that nobody but the gate may
    /// say "sold out".
    pub asked_before: bool,
}

/// What the gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A unit is held: on disk with the embedded gate, in Redis with its outbox entry in a cluster.
    Held {
        /// First come, first served: 1 is the item's first buyer.
        position: u32,
    },
    /// The buyer holds a unit of this item already, by this reservation.
    AlreadyReserved(ReservationId),
    /// No unit is sellable.
    SoldOut {
        /// How often units had come back when this was decided: orders it against returns.
        returns: u64,
    },
    /// For another reason: the window, or too many ask at once and the gate was not asked
    /// ([`Rejection::Busy`]). Nothing changed.
    Refused(Rejection),
    /// The gate knows no such item.
    UnknownItem,
}

/// What becomes of the unit of an ended reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It is sellable again.
    Return,
    /// Nothing: the ledger had none for it. The gate had lost what it knew and promised one unit too
    /// many, which must not be promised again.
    Withdraw,
}

/// The answer to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// How often units have come back to the item so far, this one included if it did.
    pub returns: u64,
}

/// An item's counters as the gate sees them: `total = sellable + locked + sold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateStock {
    /// Units offered.
    pub total: u32,
    /// Can be bought now.
    pub sellable: u32,
    /// Held or ordered, not paid.
    pub locked: u32,
    /// Paid.
    pub sold: u32,
}

/// What a comparison with the ledger found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// Gate and ledger agree (or the gate does not know the item, which is no disagreement).
    Same,
    /// They did not; the gate now says what the ledger says.
    Repaired {
        /// For the log.
        detail: String,
        /// As in [`Released`]: the item may be sellable again.
        returns: u64,
    },
}

/// The gate as the purchase uses it. Its own clock decides the window.
#[async_trait]
pub trait Reserve: Send + Sync + 'static {
    /// Decides: the buyer's earlier reservation, window, stop, stock; then `sellable → locked`, the
    /// reservation and its queue entry, all or nothing. An error means *unknown*: ask again with
    /// the same id. An id whose unit was released gets its answer again, and no unit.
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError>;

    /// Whether this process knows, without asking anybody, that nothing is left. False is no
    /// promise.
    fn is_sold_out(&self, item_id: ItemId) -> bool;
}

/// The gate as those use it that may make an item sellable again.
#[async_trait]
pub trait Restock: Send + Sync + 'static {
    /// Ends the hold of a reservation: `locked → sellable`, or `locked → nothing` for a unit that is
    /// withdrawn. A repeat changes nothing.
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError>;

    /// Compares the item with the ledger at a moment when nothing is under way, and repairs.
    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError>;
}

/// The gate as it is prepared, paid through and read.
#[async_trait]
pub trait StockGate: Send + Sync + 'static {
    /// Makes an item known: stock is taken from the ledger if the gate has none (set-if-absent,
    /// also when two instances start at once); the window is always refreshed. Returns whether
    /// stock was set.
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError>;

    /// `locked → sold` for a paid reservation, whose holder stays. A repeat changes nothing, and
    /// neither does a reservation that holds no unit.
    async fn confirm(&self, unit: Unit) -> Result<(), PortError>;

    /// The counters, or `None` for an item the gate does not know. Cheap: shoppers poll it.
    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError>;
}
