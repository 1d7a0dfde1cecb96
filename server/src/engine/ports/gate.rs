//! The gate: decides in one atomic step who gets a unit. Three ports, one per user: purchases
//! reserve, workers return units, all others prepare and read.

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
    /// Stopped by an operator.
    pub stopped: bool,
}

impl Window {
    /// The window's phase at an instant.
    pub fn phase_at(&self, now_ms: i64) -> Phase {
        Phase::at(self.starts_at_ms, self.ends_at_ms, self.stopped, now_ms)
    }
}

/// A unit that a reservation holds, held, or asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub item_id: ItemId,
    pub buyer: AccountId,
    pub reservation_id: ReservationId,
}

/// A buyer's request for a unit. A repeat with the same `reservation_id` gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveRequest {
    /// The unit; its `reservation_id` is made before the gate is asked.
    pub unit: Unit,
    /// The hidden path that was used, stored with the reservation as evidence.
    pub path: String,
    /// An earlier call got no answer, so a unit may already be held: only the gate itself may
    /// answer "sold out".
    pub asked_before: bool,
}

/// The gate's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A unit is held: on disk (embedded gate), or in Redis with its outbox entry (cluster).
    Held {
        /// First come, first served: the item's first buyer gets 1.
        position: u32,
    },
    /// The buyer already holds a unit of this item, with this reservation.
    AlreadyReserved(ReservationId),
    /// No unit is sellable.
    SoldOut {
        /// How many units had come back at that time: orders this answer relative to returns.
        returns: u64,
    },
    /// Refused for another reason: the window, or too many concurrent calls, so that the gate was
    /// not asked ([`Rejection::Busy`]). Nothing changed.
    Refused(Rejection),
    /// The gate does not know the item.
    UnknownItem,
}

/// What to do with the unit of an ended reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Make it sellable again.
    Return,
    /// Make it disappear: the ledger had no unit for it. The gate had lost data and promised one
    /// unit too many, which must not be promised again.
    Withdraw,
}

/// The answer to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// How many units of the item have come back so far, including this one if it did.
    pub returns: u64,
}

/// The gate's counters of an item: `total = sellable + locked + sold`.
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

/// The result of a comparison with the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// Gate and ledger agree, or the gate does not know the item, which is no difference.
    Same,
    /// They differed; the gate now has the ledger's data.
    Repaired {
        /// The difference, for the log.
        detail: String,
        /// As in [`Released`]: the item may be sellable again.
        returns: u64,
    },
}

/// The gate for purchases. Checks the window by its own clock.
#[async_trait]
pub trait Reserve: Send + Sync + 'static {
    /// Decides: the buyer's earlier reservation, window, stop, stock; then `sellable → locked`, the
    /// reservation and its queue entry, all or nothing. An error means *unknown*: ask again with
    /// the same id. An id whose unit was released gets its answer again, and no unit.
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError>;

    /// Whether this process knows, without calling the gate, that nothing is left. May miss it.
    fn is_sold_out(&self, item_id: ItemId) -> bool;
}

/// The parts of the gate that can make an item sellable again.
#[async_trait]
pub trait Restock: Send + Sync + 'static {
    /// Ends a reservation's hold: `locked → sellable`, or `locked → nothing` for a withdrawn unit. A
    /// repeat changes nothing.
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError>;

    /// Compares the item with the ledger while nothing is under way, and repairs differences.
    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError>;
}

/// The gate for preparing, confirming payments and reading.
#[async_trait]
pub trait StockGate: Send + Sync + 'static {
    /// Loads an item: takes the stock from the ledger if the gate has none (set-if-absent, even
    /// when two instances start at once), and always updates the window. Returns whether stock was
    /// set.
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError>;

    /// `locked → sold` for a paid reservation, whose holder remains. A repeat, or a reservation
    /// without a unit, changes nothing.
    async fn confirm(&self, unit: Unit) -> Result<(), PortError>;

    /// The counters, or `None` if the gate does not know the item. Cheap: shoppers poll it.
    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError>;
}
