//! The adapters' part of a worker's work: loading again and comparing. Any call may be lost.

use rand::Rng;

use super::{
    super::{
        gate::{Buyer, CLOSED, Hold, Loaded},
        ledger::State as RowState,
    },
    state::{Repair, State},
};

/// Checks without anything under way before an item is loaded again.
const QUIET_LOOKS: u32 = 2;

impl State {
    /// Nobody has paid for an order.
    pub(super) fn close(&mut self) {
        let mut live = (self.ledger.rows.iter()).filter(|(_, row)| row.state == RowState::Ordered);
        let count = live.clone().count();
        if count > 0 {
            let place = self.rng.random_range(0..count);
            let reservation = *live.nth(place).unwrap().0;
            self.ledger.close(reservation);
        }
    }

    pub(super) fn nothing_is_under_way(&self) -> bool {
        self.gate.outbox.is_empty()
            && self.queue.is_empty()
            && (self.workers.iter())
                .all(|worker| worker.carried == 0 && worker.unacknowledged.is_empty())
    }

    fn unknown(&self) -> Vec<(Buyer, Hold)> {
        let holders = self.gate.holders.iter();
        holders
            .filter(|(_, hold)| !self.ledger.rows.contains_key(&hold.reservation))
            .map(|(buyer, hold)| (*buyer, *hold))
            .collect()
    }

    pub(super) fn is_loaded(&self) -> bool {
        let epoch = self.gate.item.as_ref().map(|item| item.epoch);
        self.ledger.epoch != CLOSED && epoch == Some(self.ledger.epoch)
    }

    /// Checks an item that may have to be loaded again.
    pub(super) fn warm_up(&mut self, worker: usize) {
        let epoch = self.ledger.epoch;
        if self.workers[worker].told.0 != epoch {
            self.workers[worker].told = (epoch, self.ledger.last_good_position());
        }
        let told = self.workers[worker].told.1;
        if self.change().warm_up(epoch, told) {
            self.quiet = 0;
            return;
        }
        self.change().close();
        self.quiet = match self.nothing_is_under_way() {
            true => self.quiet + 1,
            false => 0,
        };
        if self.quiet < QUIET_LOOKS {
            return;
        }
        self.quiet = 0;
        let mut sent = false;
        for (buyer, hold) in self.unknown() {
            // Each is sent twice; one that never arrives must not keep the segment closed.
            if hold.resends < 2 {
                sent |= self.change().resend(CLOSED, hold.reservation, buyer);
            }
        }
        let Some(snapshot) = self.ledger.snapshot().filter(|_| !sent) else {
            return;
        };
        self.ledger.epoch += 1;
        if self.chance(10) {
            // Killed before the gate is opened.
            return;
        }
        // It was closed for seconds: a loss of the last moments cannot go back further.
        self.past.clear();
        let (epoch, sellable) = (self.ledger.epoch, snapshot.sellable);
        let loaded = self
            .change()
            .load(epoch, sellable, &snapshot.holders, snapshot.positions);
        assert_eq!(loaded, Loaded::New);
    }

    /// Compares gate and ledger: lost holds are sent again, any other difference is repaired in a
    /// separate call when it was seen twice.
    pub(super) fn reconcile(&mut self, worker: usize) {
        if let Some(repair) = self.workers[worker].repair.take() {
            let Repair {
                checked,
                counters,
                removed,
                put,
            } = repair;
            if self.change().repair(checked, counters, &removed, &put) {
                self.is_mended("the gate was repaired");
            }
            return;
        }
        let seen = self.workers[worker].seen.take();
        if !self.is_loaded() || !self.nothing_is_under_way() {
            return;
        }
        let unknown = self.unknown();
        if !unknown.is_empty() {
            for (buyer, hold) in unknown {
                let epoch = self.ledger.epoch;
                self.is_mended("a hold was sent again");
                self.change().resend(epoch, hold.reservation, buyer);
            }
            return;
        }
        let Some(snapshot) = self.ledger.snapshot() else {
            return;
        };
        let item = self.gate.item.as_ref().unwrap();
        let same = |has: &Hold, should: &Hold| has.reservation == should.reservation;
        let removed: Vec<Buyer> = (self.gate.holders.iter())
            .filter(|(buyer, has)| {
                let should = snapshot.holders.get(buyer);
                should.is_none_or(|should| !same(has, should))
            })
            .map(|(buyer, _)| *buyer)
            .collect();
        let put: Vec<(Buyer, Hold)> = (snapshot.holders.iter())
            .filter(|(buyer, should)| {
                let has = self.gate.holders.get(buyer);
                has.is_none_or(|has| !same(has, should))
            })
            .map(|(buyer, should)| (*buyer, *should))
            .collect();
        let counters = (snapshot.sellable, snapshot.holders.len() as i64);
        if removed.is_empty() && put.is_empty() && counters == (item.sellable, item.locked) {
            return;
        }
        let now = (item.version, snapshot);
        match seen == Some(now.clone()) {
            false => self.workers[worker].seen = Some(now),
            true => {
                self.workers[worker].repair = Some(Repair {
                    checked: (item.epoch, item.version),
                    counters,
                    removed,
                    put,
                });
            }
        }
    }

    /// Gate and ledger are made to agree: only ever after a loss.
    fn is_mended(&self, what: &str) {
        assert!(self.has_lost, "{what}, and nothing was lost");
    }
}
