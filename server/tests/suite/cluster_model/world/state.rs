//! The model's state (gate, queue, ledger, each instance's knowledge), and the steps of buyers and web
//! instances.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::super::{
    gate::{Answer, Buyer, Epoch, Gate, Hold, Released, Reservation},
    ledger::{Ledger, Message, Snapshot, State as RowState},
};

pub(super) const BUYERS: Buyer = 8;
pub(super) const INSTANCES: usize = 2;
/// Steps of Redis that may be lost: its last moments.
const MAX_LOST: usize = 12;

/// A web instance.
#[derive(Default)]
pub(super) struct Web {
    pub epoch: Epoch,
    /// The highest number that it told, and by which load.
    pub told: (Epoch, u32),
}

/// A worker: what its consumer has, what it remembers of the last comparison, and what excuses it.
#[derive(Default)]
pub(super) struct WorkerState {
    pub unacknowledged: Vec<Message>,
    /// Entries that its relay was given and has not put yet.
    pub carried: usize,
    /// The highest number that the ledger had when this worker began with a load.
    pub told: (Epoch, u32),
    pub seen: Option<(u32, Snapshot)>,
    pub repair: Option<Repair>,
    /// A call of its relay to the outbox was lost or not answered: it may have entries that it cannot
    /// give back.
    pub outbox_failed: bool,
    /// The ledger did not answer its order writer, and has not since.
    pub ledger_failed: bool,
}

pub(super) struct Repair {
    pub checked: (Epoch, u32),
    pub counters: (i64, i64),
    pub removed: Vec<Buyer>,
    pub put: Vec<(Buyer, Hold)>,
}

/// A call on its way to the gate, which nobody waits for any more.
#[derive(Clone, Copy)]
pub(super) enum Call {
    Reserve(Epoch, Reservation, Buyer, u32),
    Release(Reservation, Buyer, bool),
}

/// Somebody who was told a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub buyer: Buyer,
    pub position: u32,
}

pub(super) struct State {
    pub rng: StdRng,
    pub now_ms: i64,
    pub gate: Gate,
    pub past: VecDeque<Gate>,
    pub ledger: Ledger,
    pub queue: Vec<Message>,
    pub webs: [Web; INSTANCES],
    pub workers: [WorkerState; INSTANCES],
    pub late: Vec<Call>,
    /// Purchases without an answer, which are asked again.
    pub asking: BTreeMap<Buyer, Reservation>,
    pub told: BTreeMap<Reservation, Promise>,
    pub held_at_ms: BTreeMap<Reservation, i64>,
    pub reservations: Reservation,
    /// The reservations of all messages that the queue ever had.
    pub was_put: BTreeSet<Reservation>,
    /// Whose release the gate has done, or remembers.
    pub was_released: BTreeSet<Reservation>,
    /// Units that releases made sellable.
    pub returned: usize,
    pub quiet: u32,
    /// How often Redis may still lose something: seldom, so that one loss does not excuse another.
    pub losses: u32,
    /// Redis has lost something, whatever it was.
    pub has_lost: bool,
    /// Holds and withdrawals that Redis has lost.
    pub lost: usize,
    pub lost_numbers: usize,
    /// Nothing fails any more.
    pub is_calm: bool,
}

impl State {
    pub(super) fn new(seed: u64) -> State {
        let mut rng = StdRng::seed_from_u64(seed);
        let total = rng.random_range(1..=3);
        let losses = rng.random_range(0..=2);
        State {
            rng,
            now_ms: 0,
            gate: Gate::default(),
            past: VecDeque::new(),
            ledger: Ledger::new(total),
            queue: Vec::new(),
            webs: Default::default(),
            workers: Default::default(),
            late: Vec::new(),
            asking: BTreeMap::new(),
            told: BTreeMap::new(),
            held_at_ms: BTreeMap::new(),
            reservations: 0,
            was_put: BTreeSet::new(),
            was_released: BTreeSet::new(),
            returned: 0,
            quiet: 0,
            losses,
            has_lost: false,
            lost: 0,
            lost_numbers: 0,
            is_calm: false,
        }
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent && !self.is_calm
    }

    pub(super) fn one(&mut self) -> usize {
        self.rng.random_range(0..INSTANCES)
    }

    /// The gate, about to change.
    pub(super) fn change(&mut self) -> &mut Gate {
        if self.past.back() != Some(&self.gate) {
            if self.past.len() == MAX_LOST {
                self.past.pop_front();
            }
            self.past.push_back(self.gate.clone());
        }
        &mut self.gate
    }

    /// Checks the invariants that hold after every step.
    pub(super) fn audit(&self) {
        self.ledger.audit();
        let Some(item) = self.gate.item.as_ref().filter(|_| !self.has_lost) else {
            return;
        };
        let held = self.gate.holders.len() as i64;
        assert_eq!(
            (item.total, item.locked, item.sellable),
            (self.ledger.total, held, self.ledger.total - held),
            "the gate has another number of units, and nothing was lost"
        );
    }

    pub(super) fn buy(&mut self, web: usize) {
        let buyer = self.rng.random_range(0..BUYERS);
        self.ask(web, buyer);
    }

    pub(super) fn ask(&mut self, web: usize, buyer: Buyer) -> Option<Answer> {
        let epoch = self.webs[web].epoch;
        let known = match self.webs[web].told {
            (same, highest) if same == epoch => highest,
            _ => 0,
        };
        let reservation = match self.asking.get(&buyer) {
            Some(reservation) => *reservation,
            None => {
                self.reservations += 1;
                self.reservations
            }
        };
        self.asking.insert(buyer, reservation);
        if self.chance(10) {
            self.late
                .push(Call::Reserve(epoch, reservation, buyer, known));
            return None;
        }
        let answer = self.reserve(epoch, reservation, buyer, known);
        if self.chance(10) {
            return None;
        }
        match answer {
            Answer::Held(position) => {
                self.webs[web].told = (epoch, known.max(position));
                self.tell(reservation, Promise { buyer, position });
                self.asking.remove(&buyer);
            }
            Answer::AlreadyReserved(_) | Answer::SoldOut => {
                self.asking.remove(&buyer);
            }
            Answer::Missing | Answer::Stale => self.refresh(web),
            Answer::Forgot => {}
        }
        Some(answer)
    }

    /// The web instance reads the epoch in the ledger, and what was told by it.
    pub(super) fn refresh(&mut self, web: usize) {
        let epoch = self.ledger.epoch;
        if self.webs[web].epoch != epoch {
            self.webs[web] = Web {
                epoch,
                told: (epoch, self.ledger.last_good_position()),
            };
        }
    }

    pub(super) fn late_call(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let place = self.rng.random_range(0..self.late.len());
        match self.late.swap_remove(place) {
            Call::Reserve(epoch, reservation, buyer, told) => {
                self.reserve(epoch, reservation, buyer, told);
            }
            Call::Release(reservation, buyer, withdraw) => {
                self.release(reservation, buyer, withdraw);
            }
        }
    }

    fn reserve(
        &mut self,
        epoch: Epoch,
        reservation: Reservation,
        buyer: Buyer,
        told: u32,
    ) -> Answer {
        let now_ms = self.now_ms;
        self.held_at_ms.entry(reservation).or_insert(now_ms);
        self.change().reserve(epoch, reservation, buyer, told)
    }

    pub(super) fn release(
        &mut self,
        reservation: Reservation,
        buyer: Buyer,
        withdraw: bool,
    ) -> Released {
        let sellable = |gate: &Gate| gate.item.as_ref().map_or(0, |item| item.sellable);
        let before = sellable(&self.gate);
        let released = self.change().release(reservation, buyer, withdraw);
        self.returned += usize::from(sellable(&self.gate) > before);
        self.was_released.insert(reservation);
        released
    }

    /// A buyer hears a number: the same one for the same purchase, and nobody else's.
    fn tell(&mut self, reservation: Reservation, promise: Promise) {
        let before = self.told.insert(reservation, promise);
        if self.has_lost {
            return;
        }
        assert!(
            before.is_none_or(|before| before == promise),
            "{promise:?} was told {before:?}"
        );
        let mut others = self.told.iter().filter(|(other, _)| **other != reservation);
        let another = others.find(|(_, other)| other.position == promise.position);
        assert_eq!(another, None, "a number was told twice: {promise:?}");
    }

    /// The ledger's state of every reservation whose buyer was told a number; `None` if the ledger lacks it.
    pub(super) fn ends(&self) -> impl Iterator<Item = Option<RowState>> {
        let row = |reservation| self.ledger.rows.get(reservation);
        self.told
            .keys()
            .map(move |told| row(told).map(|row| row.state))
    }

    pub(super) fn restart_web(&mut self, web: usize) {
        self.webs[web] = Web::default();
        self.refresh(web);
    }
}
