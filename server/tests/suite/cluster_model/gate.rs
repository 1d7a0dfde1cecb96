//! The gate as a model: the effects of the scripts in `server/lua/gate` and `server/lua/outbox` on one
//! segment. Windows, paths, limits and payments are left out. Small enough for millions of steps; `scripts.rs`
//! compares it with the scripts step by step.

use std::collections::BTreeMap;

pub type Buyer = u32;
pub type Reservation = u32;
pub type Relay = usize;
/// 0 means a closed segment.
pub type Epoch = u32;

pub const CLOSED: Epoch = 0;

/// A holder of a unit, by buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub reservation: Reservation,
    pub position: u32,
    pub resends: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub epoch: Epoch,
    pub version: u32,
    pub total: i64,
    pub sellable: i64,
    pub locked: i64,
    pub positions: u32,
}

/// The relay that has an entry of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    Nobody,
    Relay(Relay),
    /// A relay that has died or given it back.
    Anybody(Relay),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Always increases, even after a loss of data: it comes from the clock.
    pub id: u64,
    pub reservation: Reservation,
    pub buyer: Buyer,
    pub position: u32,
    pub with: With,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Held(u32),
    AlreadyReserved(Reservation),
    SoldOut,
    Missing,
    Stale,
    Forgot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Done, now or before, or stored for the load.
    Done,
    /// A unit was withdrawn, and the segment is closed.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    New,
    Current,
    OtherEpoch,
}

/// All of Redis's data of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    pub item: Option<Item>,
    pub holders: BTreeMap<Buyer, Hold>,
    pub positions: BTreeMap<Reservation, u32>,
    pub outbox: Vec<Entry>,
    /// Releases (false) and withdrawals (true) that arrived while it was closed.
    pub late: BTreeMap<Reservation, (bool, Buyer)>,
    pub last_id: u64,
}

impl Gate {
    fn epoch(&self) -> Option<Epoch> {
        self.item.as_ref().map(|item| item.epoch)
    }

    fn append(&mut self, buyer: Buyer, hold: Hold) {
        self.last_id += 1;
        self.outbox.push(Entry {
            id: self.last_id,
            reservation: hold.reservation,
            buyer,
            position: hold.position,
            with: With::Nobody,
        });
    }

    /// `reserve.lua`, with a reservation chosen by the caller.
    pub fn reserve(
        &mut self,
        epoch: Epoch,
        reservation: Reservation,
        buyer: Buyer,
        told: u32,
    ) -> Answer {
        let Some(item) = &mut self.item else {
            return Answer::Missing;
        };
        if item.epoch != epoch {
            return Answer::Stale;
        }
        let position = item.positions + 1;
        if position <= told {
            item.epoch = CLOSED;
            return Answer::Forgot;
        }
        if let Some(position) = self.positions.get(&reservation) {
            return Answer::Held(*position);
        }
        if let Some(earlier) = self.holders.get(&buyer) {
            return match earlier.reservation == reservation {
                true => Answer::Held(earlier.position),
                false => Answer::AlreadyReserved(earlier.reservation),
            };
        }
        if item.sellable <= 0 {
            return Answer::SoldOut;
        }
        item.sellable -= 1;
        item.locked += 1;
        item.positions += 1;
        item.version += 1;
        let hold = Hold {
            reservation,
            position,
            resends: 0,
        };
        self.holders.insert(buyer, hold);
        self.positions.insert(reservation, position);
        self.append(buyer, hold);
        Answer::Held(position)
    }

    /// `warm_up.lua`, by a caller who knows that this load gave this position. False if the segment is
    /// not loaded with this epoch, or was just closed because it has forgotten the position.
    pub fn warm_up(&mut self, epoch: Epoch, told: u32) -> bool {
        match &mut self.item {
            Some(item) if item.epoch == epoch => {
                if item.positions < told {
                    item.epoch = CLOSED;
                    return false;
                }
                true
            }
            _ => false,
        }
    }

    /// `release.lua`.
    pub fn release(&mut self, reservation: Reservation, buyer: Buyer, withdraw: bool) -> Released {
        let Some(item) = self.item.as_mut().filter(|item| item.epoch != CLOSED) else {
            self.late.insert(reservation, (withdraw, buyer));
            return Released::Done;
        };
        let held = self.holders.get(&buyer);
        item.version += 1;
        if held.is_none_or(|hold| hold.reservation != reservation) {
            return Released::Done;
        }
        self.holders.remove(&buyer);
        item.locked -= 1;
        if withdraw {
            item.total -= 1;
            item.epoch = CLOSED;
            return Released::Closed;
        }
        item.sellable += 1;
        Released::Done
    }

    /// `close.lua`, for any epoch.
    pub fn close(&mut self) -> usize {
        if let Some(item) = &mut self.item {
            item.epoch = CLOSED;
        }
        self.outbox.len()
    }

    /// `load.lua`.
    pub fn load(
        &mut self,
        epoch: Epoch,
        sellable: i64,
        holders: &BTreeMap<Buyer, Hold>,
        positions: u32,
    ) -> Loaded {
        match self.epoch() {
            Some(same) if same == epoch => return Loaded::Current,
            None | Some(CLOSED) => {}
            Some(_) => return Loaded::OtherEpoch,
        }
        let mut item = Item {
            epoch,
            version: 1,
            total: sellable + holders.len() as i64,
            sellable,
            locked: holders.len() as i64,
            positions,
        };
        self.holders = holders.clone();
        let numbers = holders
            .values()
            .map(|hold| (hold.reservation, hold.position));
        self.positions = numbers.collect();
        for (reservation, (withdraw, buyer)) in &self.late {
            let held = self.holders.get(buyer);
            if held.is_none_or(|hold| hold.reservation != *reservation) {
                continue;
            }
            self.holders.remove(buyer);
            item.locked -= 1;
            match withdraw {
                true => item.total -= 1,
                false => item.sellable += 1,
            }
        }
        self.item = Some(item);
        Loaded::New
    }

    /// `resend.lua`, for a hold that is old enough. A segment that is gone counts as closed.
    pub fn resend(&mut self, epoch: Epoch, reservation: Reservation, buyer: Buyer) -> bool {
        if self.epoch().unwrap_or(CLOSED) != epoch {
            return false;
        }
        let hold = match self.holders.get_mut(&buyer) {
            Some(hold) if hold.reservation == reservation => hold,
            _ => return false,
        };
        hold.resends += 1;
        let hold = *hold;
        self.append(buyer, hold);
        true
    }

    /// `repair.lua`: counters, removed holders and added holders.
    pub fn repair(
        &mut self,
        (epoch, version): (Epoch, u32),
        (sellable, locked): (i64, i64),
        removed: &[Buyer],
        put: &[(Buyer, Hold)],
    ) -> bool {
        let Some(item) = &mut self.item else {
            return false;
        };
        if (item.epoch, item.version) != (epoch, version) {
            return false;
        }
        item.version += 1;
        (item.sellable, item.locked, item.total) = (sellable, locked, sellable + locked);
        for buyer in removed {
            self.holders.remove(buyer);
        }
        for (buyer, hold) in put {
            self.holders.insert(*buyer, *hold);
            self.positions.insert(hold.reservation, hold.position);
        }
        true
    }

    /// `take.lua`, for entries that no running relay has: those given back come first.
    pub fn take(&mut self, relay: Relay, limit: usize) -> Vec<Entry> {
        let free: fn(&With) -> bool = |with| matches!(with, With::Anybody(_));
        let new: fn(&With) -> bool = |with| matches!(with, With::Nobody);
        let mut taken = Vec::new();
        for wanted in [free, new] {
            for entry in &mut self.outbox {
                if taken.len() < limit && wanted(&entry.with) {
                    entry.with = With::Relay(relay);
                    taken.push(*entry);
                }
            }
        }
        taken
    }

    /// `give_back.lua`, also for a dead relay's entries.
    pub fn give_back(&mut self, relay: Relay, ids: &[u64]) -> usize {
        let mut given_back = 0;
        for entry in &mut self.outbox {
            let is_own =
                matches!(entry.with, With::Relay(has) | With::Anybody(has) if has == relay);
            if is_own && ids.contains(&entry.id) {
                entry.with = With::Anybody(relay);
                given_back += 1;
            }
        }
        given_back
    }

    /// `forward.lua`.
    pub fn forward(&mut self, ids: &[u64]) -> usize {
        let before = self.outbox.len();
        self.outbox.retain(|entry| !ids.contains(&entry.id));
        before - self.outbox.len()
    }
}
