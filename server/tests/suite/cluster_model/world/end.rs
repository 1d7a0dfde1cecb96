//! Nothing fails any more: what must be true then.

use super::{
    super::{
        gate::Answer,
        ledger::{Due, Message, State},
    },
    BUYERS, INSTANCES, World,
};

/// When nothing fails any more, everything has ended after so many rounds of the workers.
const ROUNDS: usize = 40;

impl World {
    /// Nothing fails any more: everything ends, gate and ledger agree, and what is left is sold.
    pub fn end(&mut self) {
        while !self.late.is_empty() {
            self.late_call();
        }
        for worker in 0..INSTANCES {
            self.kill_worker(worker);
        }
        self.settle();
        self.is_settled();
        let failed = self.told.keys().filter(|reservation| {
            let row = self.ledger.rows.get(reservation);
            row.is_none_or(|row| row.state == State::SoldOut)
        });
        let failed = failed.count();
        assert!(failed <= self.lost, "{failed} failed, {} lost", self.lost);
        let left = self.ledger.sellable;
        let mut sold = 0;
        for late in 0..BUYERS {
            self.reservations += 1;
            let (reservation, buyer) = (self.reservations, BUYERS + late);
            // "Busy" is no answer: the first who asks may find that Redis has forgotten what was told.
            let answer = (0..ROUNDS).find_map(|_| {
                self.refresh(0);
                let (epoch, told) = self.webs[0].told;
                let answer = self.gate.reserve(epoch, reservation, buyer, told);
                let decided = matches!(answer, Answer::Held(_) | Answer::SoldOut);
                if !decided {
                    self.settle();
                }
                decided.then_some(answer)
            });
            let answer = answer.expect("a decision");
            sold += i64::from(matches!(answer, Answer::Held(_)));
        }
        self.settle();
        assert_eq!(sold, left.min(i64::from(BUYERS)), "what is left is sold");
        self.is_settled();
        assert_eq!(self.ledger.sellable, left - sold);
    }

    /// The workers run, and every call is answered.
    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            let taken = self.gate.take(0, usize::MAX);
            for entry in &taken {
                self.ledger.write(Message {
                    reservation: entry.reservation,
                    buyer: entry.buyer,
                    position: entry.position,
                });
            }
            let ids: Vec<_> = taken.iter().map(|entry| entry.id).collect();
            self.gate.forward(&ids);
            for message in std::mem::take(&mut self.queue) {
                self.ledger.write(message);
            }
            for (reservation, row) in &mut self.ledger.rows {
                if let Some(due) = row.due.take() {
                    let withdraw = due == Due::Withdraw;
                    self.gate.release(*reservation, row.buyer, withdraw);
                }
            }
            self.warm_up(0);
            self.reconcile(0);
            self.ledger.audit();
        }
    }

    fn is_settled(&self) {
        assert!(self.nothing_is_under_way(), "{:?}", self.gate.outbox);
        assert!(self.is_loaded(), "it is closed for ever");
        let snapshot = self.ledger.snapshot().unwrap();
        let item = self.gate.item.as_ref().unwrap();
        assert_eq!(
            (item.sellable, item.locked, item.total),
            (snapshot.sellable, self.ledger.locked, self.ledger.total),
            "gate and ledger differ"
        );
        let has = self.gate.holders.iter();
        let has: Vec<_> = has.map(|(buyer, hold)| (buyer, hold.reservation)).collect();
        let should = snapshot.holders.iter();
        let should: Vec<_> = should.map(|(b, hold)| (b, hold.reservation)).collect();
        assert_eq!(has, should);
    }
}
