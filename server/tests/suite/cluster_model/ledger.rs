//! The ledger as a model: one item's counters and its reservations.

use std::collections::BTreeMap;

use super::gate::{Buyer, Epoch, Hold, Reservation};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ordered,
    Closed,
    /// It waited for too long.
    GivenUp,
    /// Its buyer had an order already.
    Refused,
    /// The ledger had no unit.
    SoldOut,
}

/// The part of an end that the gate was not told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Return,
    Withdraw,
}

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub buyer: Buyer,
    pub position: u32,
    pub state: State,
    pub due: Option<Due>,
}

/// A message of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub reservation: Reservation,
    pub buyer: Buyer,
    pub position: u32,
}

/// The state that a gate should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub sellable: i64,
    pub holders: BTreeMap<Buyer, Hold>,
    pub positions: u32,
}

pub struct Ledger {
    pub total: i64,
    pub sellable: i64,
    pub locked: i64,
    pub epoch: Epoch,
    pub rows: BTreeMap<Reservation, Row>,
}

impl Ledger {
    pub fn new(total: i64) -> Ledger {
        Ledger {
            total,
            sellable: total,
            locked: 0,
            epoch: 0,
            rows: BTreeMap::new(),
        }
    }

    fn has_order(&self, buyer: Buyer) -> bool {
        let mut rows = self.rows.values();
        rows.any(|row| row.buyer == buyer && row.state == State::Ordered)
    }

    /// The order of a message; again, it changes nothing. What became of it.
    pub fn write(&mut self, message: Message) -> State {
        let (state, due) = if self.has_order(message.buyer) {
            (State::Refused, Some(Due::Return))
        } else if self.sellable >= 1 {
            (State::Ordered, None)
        } else {
            (State::SoldOut, Some(Due::Withdraw))
        };
        self.end(message, state, due)
    }

    /// The message is too old.
    pub fn give_up(&mut self, message: Message) {
        self.end(message, State::GivenUp, Some(Due::Return));
    }

    fn end(&mut self, message: Message, state: State, due: Option<Due>) -> State {
        if let Some(row) = self.rows.get(&message.reservation) {
            return row.state;
        }
        if state == State::Ordered {
            self.sellable -= 1;
            self.locked += 1;
        }
        let row = Row {
            buyer: message.buyer,
            position: message.position,
            state,
            due,
        };
        self.rows.insert(message.reservation, row);
        state
    }

    /// Closes an unpaid order.
    pub fn close(&mut self, reservation: Reservation) {
        let row = self.rows.get_mut(&reservation).unwrap();
        if row.state == State::Ordered {
            (row.state, row.due) = (State::Closed, Some(Due::Return));
            self.sellable += 1;
            self.locked -= 1;
        }
    }

    /// `None` while releases are due: the gate may have done them.
    pub fn snapshot(&self) -> Option<Snapshot> {
        if self.rows.values().any(|row| row.due.is_some()) {
            return None;
        }
        let mut holders = BTreeMap::new();
        let live = self
            .rows
            .iter()
            .filter(|(_, row)| row.state == State::Ordered);
        for (reservation, row) in live {
            let hold = Hold {
                reservation: *reservation,
                position: row.position,
                resends: 0,
            };
            holders.insert(row.buyer, hold);
        }
        let positions = self.rows.values().map(|row| row.position);
        Some(Snapshot {
            sellable: self.sellable,
            holders,
            positions: positions.max().unwrap_or(0),
        })
    }

    /// The highest position of a reservation that did not fail.
    pub fn last_good_position(&self) -> u32 {
        let good = self
            .rows
            .values()
            .filter(|row| matches!(row.state, State::Ordered | State::Closed));
        good.map(|row| row.position).max().unwrap_or(0)
    }

    /// Checks the invariants of every step.
    pub fn audit(&self) {
        let live = self.rows.values().filter(|row| row.state == State::Ordered);
        let mut buyers: Vec<_> = live.map(|row| row.buyer).collect();
        assert_eq!(buyers.len() as i64, self.locked, "orders are units");
        buyers.sort_unstable();
        buyers.dedup();
        assert_eq!(buyers.len() as i64, self.locked, "two orders of a buyer");
        assert!(self.sellable >= 0 && self.sellable + self.locked == self.total);
    }
}
