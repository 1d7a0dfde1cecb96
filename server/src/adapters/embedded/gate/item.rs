//! One item inside the gate: the decision itself, without time, tasks or disks.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use app::wire::{AccountId, Phase, Rejection, ReservationId};

use super::released::ReleasedUnits;
use crate::engine::ports::{
    Decision, GateStock, Holder, ItemSnapshot, ItemSummary, Release, ReserveRequest, Unit, Window,
};

/// An item's state. The counters in `stock` are always consistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateItem {
    pub window: Window,
    pub stock: GateStock,
    /// How many units have come back; never decreases, even when the item is read again.
    pub returns: u64,
    /// Set to a new value after every change of holders; values are never reused.
    pub version: u64,
    last_position: u32,
    /// Holders that `stock` does not count. If a unit came back to the gate and was sold again
    /// before the ledger learned of its return, the ledger has two holders for it: the return of the
    /// first makes nothing sellable.
    not_counted: usize,
    holders: HashMap<AccountId, Holder>,
    /// Earlier reservations of buyers who hold a unit again; their units are due back.
    earlier: HashMap<ReservationId, Holder>,
}

/// An item's state for comparison with the ledger's counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemState {
    /// As in [`GateItem`].
    pub version: u64,
    stock: GateStock,
    holding: usize,
}

impl ItemState {
    /// Whether the ledger has the same counts.
    pub fn agrees_with(&self, ledger: &ItemSummary) -> bool {
        self.stock == ledger.stock && self.holding == ledger.holding as usize
    }
}

impl GateItem {
    /// Loads the ledger's data, except that units which have come back here, but not in the ledger,
    /// are sellable. Adds the positions of `released`.
    pub fn load(snapshot: &ItemSnapshot, returns: u64, released: &mut ReleasedUnits) -> Self {
        let stock = snapshot.summary.stock;
        let counted = (stock.locked + stock.sold) as usize;
        let mut item = Self {
            window: snapshot.summary.window,
            stock,
            returns,
            version: 0,
            last_position: snapshot.summary.last_position,
            not_counted: snapshot.holders.len().saturating_sub(counted),
            holders: HashMap::with_capacity(snapshot.holders.len()),
            earlier: HashMap::new(),
        };
        for holder in &snapshot.holders {
            if released.get(holder.reservation_id).is_some() {
                released.add(holder.reservation_id, Some(holder.position));
                item.count_back(holder.paid, Release::Return);
            } else if let Some(earlier) = item.holders.insert(holder.buyer, *holder) {
                item.earlier.insert(earlier.reservation_id, earlier);
            }
        }
        item
    }

    pub fn state(&self) -> ItemState {
        ItemState {
            version: self.version,
            stock: self.stock,
            holding: self.holding(),
        }
    }

    /// Checks the buyer's earlier reservation, window, stop and stock before changing anything. The
    /// buyer is checked before the stock: a holder must be told so, and not "sold out".
    ///
    /// A reservation whose unit came back gets the same answer again, and no other unit.
    pub fn reserve(
        &mut self,
        request: &ReserveRequest,
        released: &ReleasedUnits,
        now_ms: i64,
    ) -> Decision {
        match self.holders.get(&request.unit.buyer) {
            Some(held) if held.reservation_id == request.unit.reservation_id => {
                let position = held.position;
                return Decision::Held { position };
            }
            earlier => {
                match released.get(request.unit.reservation_id) {
                    Some(Some(position)) => return Decision::Held { position },
                    Some(None) => return Decision::Refused(Rejection::Busy),
                    None => {}
                }
                if let Some(held) = earlier {
                    return Decision::AlreadyReserved(held.reservation_id);
                }
            }
        }
        match self.window.phase_at(now_ms) {
            Phase::Upcoming => return Decision::Refused(Rejection::NotStarted),
            Phase::Ended => return Decision::Refused(Rejection::Ended),
            Phase::Stopped => return Decision::Refused(Rejection::Stopped),
            Phase::Running => {}
        }
        if self.stock.sellable == 0 {
            return Decision::SoldOut {
                returns: self.returns,
            };
        }
        self.stock.sellable -= 1;
        self.stock.locked += 1;
        self.last_position += 1;
        let position = self.last_position;
        let holder = Holder {
            buyer: request.unit.buyer,
            reservation_id: request.unit.reservation_id,
            position,
            paid: false,
        };
        self.holders.insert(request.unit.buyer, holder);
        Decision::Held { position }
    }

    /// Ends a hold and returns its position; `None` when the reservation holds no unit (any more).
    pub fn release(&mut self, unit: Unit, release: Release, returns: u64) -> Option<u32> {
        let held = match self.held_by(unit).copied() {
            Some(held) => {
                self.holders.remove(&unit.buyer);
                held
            }
            None => self.earlier.remove(&unit.reservation_id)?,
        };
        self.count_back(held.paid, release);
        if release == Release::Return {
            self.returns = returns;
        }
        Some(held.position)
    }

    fn count_back(&mut self, paid: bool, release: Release) {
        if self.not_counted > 0 {
            self.not_counted -= 1;
            return;
        }
        let counted_as = match paid {
            true => &mut self.stock.sold,
            false => &mut self.stock.locked,
        };
        // The counter may be too low after a manual change of the database.
        if *counted_as > 0 {
            *counted_as -= 1;
            match release {
                Release::Return => self.stock.sellable += 1,
                Release::Withdraw => self.stock.total -= 1,
            }
        }
    }

    /// Counts a paid unit as sold, once.
    pub fn confirm(&mut self, unit: Unit) {
        if let Some(held) = self.held_by(unit)
            && !held.paid
        {
            held.paid = true;
            // The counter may be too low after a manual change of the database.
            if self.stock.locked > 0 {
                self.stock.locked -= 1;
                self.stock.sold += 1;
            }
        }
    }

    fn holding(&self) -> usize {
        self.holders.len() + self.earlier.len()
    }

    fn held_by(&mut self, unit: Unit) -> Option<&mut Holder> {
        let held = self.holders.get_mut(&unit.buyer);
        held.filter(|held| held.reservation_id == unit.reservation_id)
    }

    /// The differences between this item and the `ledger`'s, if any.
    pub fn difference(&self, ledger: &GateItem) -> Option<String> {
        let same_holders = self.holders == ledger.holders && self.earlier == ledger.earlier;
        if self.stock == ledger.stock && same_holders {
            return None;
        }
        Some(format!(
            "gate {:?} with {} holders, ledger {:?} with {}; the gate was set to the ledger's values",
            self.stock,
            self.holding(),
            ledger.stock,
            ledger.holding()
        ))
    }
}
