//! What workers do: relay, order writer, release, loading again and comparing. Every step may be the last
//! before they die, and any call may be lost.

use rand::Rng;

use super::{
    super::{
        gate::{Buyer, CLOSED, Hold, Loaded, Released},
        ledger::{Due, Message, State},
    },
    Call, Repair, Worker, World,
};

/// Looks that find nothing under way before an item is loaded again.
const QUIET_LOOKS: u32 = 2;

impl World {
    /// Takes, puts or forwards: one of them, so that anything may happen in between.
    pub(super) fn relay(&mut self, worker: usize) {
        if !self.workers[worker].put.is_empty() {
            let ids = self.workers[worker].put.clone();
            if self.chance(10) {
                return;
            }
            self.change().forward(&ids);
            self.workers[worker].put.clear();
        } else if let Some(entry) = self.workers[worker].taken.pop() {
            let put = !self.chance(10);
            if put {
                self.queue.push(Message {
                    reservation: entry.reservation,
                    buyer: entry.buyer,
                    position: entry.position,
                });
            }
            // Without a confirm nobody knows whether it was put.
            if put && !self.chance(20) {
                self.workers[worker].put.push(entry.id);
            } else {
                self.change().give_back(worker, &[entry.id]);
            }
        } else {
            let taken = self.change().take(worker, 3);
            self.workers[worker].taken = taken;
        }
    }

    pub(super) fn consume(&mut self, worker: usize) {
        for _ in 0..2 {
            if !self.queue.is_empty() {
                let place = self.rng.random_range(0..self.queue.len());
                let message = self.queue.swap_remove(place);
                self.workers[worker].unacknowledged.push(message);
            }
        }
    }

    pub(super) fn write(&mut self, worker: usize) {
        let batch = self.workers[worker].unacknowledged.clone();
        if self.chance(10) {
            return;
        }
        for message in batch {
            match self.chance(3) {
                true => self.ledger.refuse(message),
                false => self.ledger.write(message),
            }
        }
        match self.chance(15) {
            // The commit or the acknowledgement is not answered.
            true => self.return_messages(worker),
            false => self.workers[worker].unacknowledged.clear(),
        }
    }

    fn return_messages(&mut self, worker: usize) {
        let messages = std::mem::take(&mut self.workers[worker].unacknowledged);
        self.queue.extend(messages);
    }

    pub(super) fn release(&mut self) {
        let mut due = self.ledger.rows.iter().filter(|(_, row)| row.due.is_some());
        let count = due.clone().count();
        if count == 0 {
            return;
        }
        let place = self.rng.random_range(0..count);
        let (&reservation, &row) = due.nth(place).unwrap();
        let withdraw = row.due == Some(Due::Withdraw);
        if self.chance(10) {
            self.late
                .push(Call::Release(reservation, row.buyer, withdraw));
            return;
        }
        let released = self.change().release(reservation, row.buyer, withdraw);
        if released == Released::Closed {
            self.gate.close();
        }
        if !self.chance(15) {
            self.ledger.rows.get_mut(&reservation).unwrap().due = None;
        }
    }

    pub(super) fn close(&mut self) {
        let mut live = (self.ledger.rows.iter()).filter(|(_, row)| row.state == State::Ordered);
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
                .all(|worker| worker.taken.is_empty() && worker.unacknowledged.is_empty())
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

    /// A look at an item that may have to be loaded again.
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
            // Every one is sent twice; one that never arrives keeps nothing closed.
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
        // It was closed for seconds: no loss of last moments goes back to before that.
        self.past.clear();
        let (epoch, sellable) = (self.ledger.epoch, snapshot.sellable);
        let loaded = self
            .change()
            .load(epoch, sellable, &snapshot.holders, snapshot.positions);
        assert_eq!(loaded, Loaded::New);
    }

    /// A look at gate and ledger: lost holds are sent again, any other difference is repaired when it
    /// was seen twice, by a call of its own.
    pub(super) fn reconcile(&mut self, worker: usize) {
        if let Some(repair) = self.workers[worker].repair.take() {
            let Repair {
                checked,
                counters,
                removed,
                put,
            } = repair;
            self.change().repair(checked, counters, &removed, &put);
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

    pub(super) fn kill_worker(&mut self, worker: usize) {
        self.return_messages(worker);
        let Worker { taken, put, .. } = std::mem::take(&mut self.workers[worker]);
        let ids: Vec<_> = taken.iter().map(|entry| entry.id).chain(put).collect();
        self.change().give_back(worker, &ids);
    }
}
