//! Conditions that must hold once nothing fails any more.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{gate::Answer, ledger::State as RowState},
    World,
    jobs::Job,
    state::{BUYERS, INSTANCES, State},
};

/// Without failures, everything has ended after this many rounds of the workers.
const ROUNDS: usize = 40;

impl World {
    /// Nothing fails any more: everything ends, promises are orders, gate and ledger agree, and what is
    /// left is sold.
    pub fn end(&mut self) {
        self.state().is_calm = true;
        while !self.state().late.is_empty() {
            self.state().late_call();
        }
        for worker in 0..INSTANCES {
            self.kill_worker(worker);
        }
        self.settle();
        self.state().is_settled();
        self.state().promises_are_kept();
        let left = self.state().ledger.sellable;
        let mut sold = 0;
        for late in 0..BUYERS {
            let buyer = BUYERS + late;
            // "Busy" is no answer: the first who asks may find that Redis has forgotten what was told.
            let answer = (0..ROUNDS).find_map(|_| {
                let answer = {
                    let mut state = self.state();
                    state.refresh(0);
                    state.ask(0, buyer).unwrap()
                };
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
        let state = self.state();
        state.is_settled();
        state.promises_are_kept();
        assert_eq!(state.ledger.sellable, left - sold);
    }

    /// Runs the workers, and every call is answered.
    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            for job in [Job::Relay, Job::WriteOrders, Job::Release] {
                self.workers[0].finishes(job);
            }
            let mut state = self.state();
            state.warm_up(0);
            state.reconcile(0);
            state.audit();
        }
    }
}

impl State {
    fn is_settled(&self) {
        assert!(self.nothing_is_under_way(), "{:?}", self.gate.outbox);
        assert!(self.is_loaded(), "it is closed for ever");
        let snapshot = self.ledger.snapshot().expect("no release is due");
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

    /// Every buyer who was told a number has an order with that number, or had one. Exceptions: buyers who
    /// waited too long, and one buyer for each loss of Redis. The units that came back are as many as the orders
    /// that were closed or refused.
    fn promises_are_kept(&self) {
        let mut ends = BTreeMap::new();
        for end in self.ends() {
            *ends.entry(end).or_insert(0) += 1;
        }
        let count = |end| ends.get(&end).copied().unwrap_or(0);
        let broken = count(None) + count(Some(RowState::SoldOut));
        assert!(broken <= self.lost, "{broken} failed, {} lost", self.lost);
        // Their buyers have an order, which the gate had lost.
        let again = count(Some(RowState::Refused));
        assert!(again == 0 || self.lost > 0, "{again} bought twice");
        let rows = self.ledger.rows.iter();
        let good =
            rows.filter(|(_, row)| matches!(row.state, RowState::Ordered | RowState::Closed));
        let numbers: Vec<_> = good.clone().map(|(_, row)| row.position).collect();
        let different: BTreeSet<_> = numbers.iter().collect();
        let twice = numbers.len() - different.len();
        let lost = self.lost_numbers;
        assert!(twice <= lost, "{twice} numbers twice, {lost} lost");
        if self.has_lost {
            return;
        }
        for (reservation, promise) in &self.told {
            let row = self.ledger.rows[reservation];
            assert_eq!((row.buyer, row.position), (promise.buyer, promise.position));
        }
        let came_back = |state| matches!(state, RowState::Closed | RowState::GivenUp);
        let rows = self.ledger.rows.values();
        let expected = rows.filter(|row| came_back(row.state)).count();
        assert_eq!(self.returned, expected, "units came back");
    }
}
