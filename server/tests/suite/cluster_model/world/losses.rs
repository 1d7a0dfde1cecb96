//! Faults of queue and Redis.

use rand::Rng;

use super::{
    super::gate::{Gate, With},
    state::State,
};

impl State {
    /// The queue delivers a message twice.
    pub(super) fn repeat(&mut self) {
        if !self.queue.is_empty() {
            let place = self.rng.random_range(0..self.queue.len());
            self.queue.push(self.queue[place]);
        }
    }

    /// Redis returns to its state some steps ago, with the same epoch.
    pub(super) fn roll_back(&mut self) {
        if self.past.is_empty() {
            return;
        }
        let kept = self.rng.random_range(0..self.past.len());
        let earlier = self.past[kept].clone();
        self.past.truncate(kept);
        self.lose(earlier);
    }

    /// Deletes one kind of keys, or all of them.
    pub(super) fn lose_keys(&mut self) {
        let mut left = self.gate.clone();
        match self.rng.random_range(0..6) {
            0 => left.item = None,
            1 => left.holders.clear(),
            2 => left.positions.clear(),
            3 => left.outbox.clear(),
            4 => left.late.clear(),
            _ => left = Gate::default(),
        }
        self.lose(left);
    }

    fn lose(&mut self, left: Gate) {
        if self.losses == 0 || left == self.gate {
            return;
        }
        self.losses -= 1;
        self.has_lost = true;
        let lost = (self.gate.holders.iter()).filter(|(buyer, hold)| {
            let left = left.holders.get(buyer);
            left.is_none_or(|left| left.reservation != hold.reservation)
        });
        self.lost += lost.count();
        // A lost withdrawal puts its unit back on sale.
        let total = |gate: &Gate| gate.item.as_ref().map_or(0, |item| item.total);
        let withdrawn = total(&left) - total(&self.gate);
        self.lost += usize::try_from(withdrawn).unwrap_or(0);
        // Numbers that were given, and are given again.
        let numbers = |gate: &Gate| gate.item.as_ref().map_or(0, |item| item.positions);
        let forgotten = numbers(&self.gate).saturating_sub(numbers(&left));
        self.lost_numbers += forgotten as usize;
        let last_id = self.gate.last_id;
        self.gate = Gate { last_id, ..left };
        // Ownership of entries follows the current state.
        for entry in &mut self.gate.outbox {
            entry.with = With::Nobody;
        }
    }
}
