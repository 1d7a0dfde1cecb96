//! One item inside the gate: the decision itself, without time, tasks or disks.

use std::collections::HashMap;

use app::wire::{AccountId, Phase, Rejection, ReservationId};

use crate::engine::ports::{
    Decision, GateStock, Holder, ItemSnapshot, Release, ReserveRequest, Unit, Window,
};

/// An item's state. `stock` always adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateItem {
    pub window: Window,
    pub stock: GateStock,
    /// How often units have come back; never goes backwards, even when the item is read again.
    pub returns: u64,
    last_position: u32,
    holders: HashMap<AccountId, Held>,
    /// Of reservations whose unit was released, so that they get no other.
    released: HashMap<ReservationId, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    reservation_id: ReservationId,
    position: u32,
    paid: bool,
}

impl GateItem {
    /// What the ledger says.
    pub fn load(snapshot: &ItemSnapshot, returns: u64) -> Self {
        let holders = snapshot
            .holders
            .iter()
            .map(|holder| (holder.buyer, Held::from(holder)));
        Self {
            window: snapshot.summary.window,
            stock: snapshot.summary.stock,
            returns,
            last_position: snapshot.summary.last_position,
            holders: holders.collect(),
            released: HashMap::new(),
        }
    }

    /// Window, stop, the buyer's earlier reservation, stock: everything is checked before anything
    /// is changed. The buyer comes before the stock: who holds a unit hears so, not "sold out".
    pub fn reserve(&mut self, request: &ReserveRequest, now_ms: i64) -> Decision {
        match self.holders.get(&request.buyer) {
            Some(held) if held.reservation_id == request.reservation_id => {
                let position = held.position;
                return Decision::Held { position };
            }
            earlier => {
                if let Some(&position) = self.released.get(&request.reservation_id) {
                    return Decision::Held { position };
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
        let held = Held {
            reservation_id: request.reservation_id,
            position,
            paid: false,
        };
        self.holders.insert(request.buyer, held);
        Decision::Held { position }
    }

    /// Ends a hold; false when the reservation holds no unit (any more).
    pub fn release(&mut self, unit: Unit, release: Release, returns: u64) -> bool {
        let Some(&mut held) = self.held_by(unit) else {
            return false;
        };
        match held.paid {
            true => self.stock.sold -= 1,
            false => self.stock.locked -= 1,
        }
        match release {
            Release::Return => {
                self.stock.sellable += 1;
                self.returns = returns;
            }
            Release::Withdraw => self.stock.total -= 1,
        }
        self.released.insert(unit.reservation_id, held.position);
        self.holders.remove(&unit.buyer);
        true
    }

    /// Counts a paid unit as sold, once.
    pub fn confirm(&mut self, unit: Unit) {
        if let Some(held) = self.held_by(unit)
            && !held.paid
        {
            held.paid = true;
            self.stock.locked -= 1;
            self.stock.sold += 1;
        }
    }

    fn held_by(&mut self, unit: Unit) -> Option<&mut Held> {
        let held = self.holders.get_mut(&unit.buyer);
        held.filter(|held| held.reservation_id == unit.reservation_id)
    }

    /// How this item differs from the ledger, if it does.
    pub fn difference(&self, snapshot: &ItemSnapshot) -> Option<String> {
        let ledger = GateItem::load(snapshot, self.returns);
        if self.stock == ledger.stock && self.holders == ledger.holders {
            return None;
        }
        Some(format!(
            "gate {:?} with {} holders, ledger {:?} with {}",
            self.stock,
            self.holders.len(),
            ledger.stock,
            ledger.holders.len()
        ))
    }
}

impl From<&Holder> for Held {
    fn from(holder: &Holder) -> Self {
        Held {
            reservation_id: holder.reservation_id,
            position: holder.position,
            paid: holder.paid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ports::ItemSummary;
    use app::wire::ItemId;
    use uuid::Uuid;

    fn item(sellable: u32) -> GateItem {
        let stock = GateStock {
            total: sellable,
            sellable,
            locked: 0,
            sold: 0,
        };
        let summary = ItemSummary {
            window: Window {
                starts_at_ms: 10,
                ends_at_ms: 20,
                stopped: false,
            },
            stock,
            holding: 0,
            last_position: 0,
            segments: 1,
            epoch: None,
        };
        let holders = Vec::new();
        GateItem::load(&ItemSnapshot { summary, holders }, 0)
    }

    fn request(buyer: u128, reservation: u128) -> ReserveRequest {
        ReserveRequest {
            reservation_id: ReservationId(Uuid::from_u128(reservation)),
            item_id: ItemId(Uuid::from_u128(1)),
            buyer: AccountId(Uuid::from_u128(buyer)),
            path: "p".into(),
            asked_before: false,
        }
    }

    #[test]
    fn known_failure_01_a_repeated_click_takes_no_stock() {
        let mut item = item(5);
        assert_eq!(
            item.reserve(&request(1, 1), 15),
            Decision::Held { position: 1 }
        );
        let first = ReservationId(Uuid::from_u128(1));
        for click in 2..10 {
            let again = item.reserve(&request(1, click), 15);
            assert_eq!(again, Decision::AlreadyReserved(first));
        }
        assert_eq!(
            item.stock,
            GateStock {
                total: 5,
                sellable: 4,
                locked: 1,
                sold: 0
            }
        );
    }

    #[test]
    fn known_failure_03_the_window_is_checked_at_the_purchase() {
        let mut item = item(5);
        let mut at = |now_ms| item.reserve(&request(1, 1), now_ms);
        assert_eq!(at(9), Decision::Refused(Rejection::NotStarted));
        assert_eq!(at(20), Decision::Refused(Rejection::Ended));
        assert_eq!(at(10), Decision::Held { position: 1 });
    }

    #[test]
    fn the_same_request_again_gives_the_same_answer() {
        let mut item = item(1);
        let answer = item.reserve(&request(1, 1), 15);
        assert_eq!(item.reserve(&request(1, 1), 15), answer);
        assert_eq!(
            item.reserve(&request(1, 1), 25),
            answer,
            "even after the end"
        );
        assert_eq!(item.stock.locked, 1);
    }

    #[test]
    fn a_release_counts_once() {
        let mut item = item(1);
        item.reserve(&request(1, 1), 15);
        let unit = Unit {
            item_id: ItemId(Uuid::from_u128(1)),
            buyer: AccountId(Uuid::from_u128(1)),
            reservation_id: ReservationId(Uuid::from_u128(1)),
        };
        assert!(item.release(unit, Release::Return, 1));
        assert!(!item.release(unit, Release::Return, 2));
        assert_eq!(item.stock.sellable, 1);
        assert_eq!(
            item.reserve(&request(2, 2), 15),
            Decision::Held { position: 2 }
        );
    }
}
