//! The world of one seed: buyers, two web instances, two workers, a gate that loses data, a queue that
//! repeats, and a ledger. Every call of every caller may be lost, late, repeated or unanswered.

mod end;
mod losses;
mod workers;

use std::collections::{BTreeMap, VecDeque};

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{
    gate::{Answer, Buyer, Entry, Epoch, Gate, Hold, Reservation},
    ledger::{Ledger, Message, Snapshot},
};

const BUYERS: Buyer = 8;
const INSTANCES: usize = 2;
/// Steps of Redis that may be lost: its last moments.
const MAX_LOST: usize = 12;

/// A web instance.
#[derive(Default)]
struct Web {
    epoch: Epoch,
    /// The highest number that it told, and by which load.
    told: (Epoch, u32),
}

/// A worker: its relay, its consumer, and what it remembers of the last comparison.
#[derive(Default)]
struct Worker {
    /// Taken from the outbox and not put into the queue yet.
    taken: Vec<Entry>,
    /// Put, and still in the outbox.
    put: Vec<u64>,
    unacknowledged: Vec<Message>,
    /// The highest number that the ledger had when this worker began with a load.
    told: (Epoch, u32),
    seen: Option<(u32, Snapshot)>,
    repair: Option<Repair>,
}

struct Repair {
    checked: (Epoch, u32),
    counters: (i64, i64),
    removed: Vec<Buyer>,
    put: Vec<(Buyer, Hold)>,
}

/// A call on its way to the gate, which nobody waits for any more.
#[derive(Clone, Copy)]
enum Call {
    Reserve(Epoch, Reservation, Buyer, u32),
    Release(Reservation, Buyer, bool),
}

pub struct World {
    rng: StdRng,
    gate: Gate,
    past: VecDeque<Gate>,
    ledger: Ledger,
    queue: Vec<Message>,
    webs: [Web; INSTANCES],
    workers: [Worker; INSTANCES],
    late: Vec<Call>,
    /// Purchases without an answer, which are asked again.
    asking: BTreeMap<Buyer, Reservation>,
    told: BTreeMap<Reservation, Buyer>,
    reservations: Reservation,
    quiet: u32,
    /// How often Redis may still lose something: seldom, so that one loss does not excuse another.
    losses: u32,
    /// Holds and withdrawals that Redis has lost.
    pub lost: usize,
}

impl World {
    pub fn new(seed: u64) -> World {
        let mut rng = StdRng::seed_from_u64(seed);
        let total = rng.random_range(1..=3);
        let losses = rng.random_range(0..=2);
        World {
            rng,
            gate: Gate::default(),
            past: VecDeque::new(),
            ledger: Ledger::new(total),
            queue: Vec::new(),
            webs: Default::default(),
            workers: Default::default(),
            late: Vec::new(),
            asking: BTreeMap::new(),
            told: BTreeMap::new(),
            reservations: 0,
            quiet: 0,
            losses,
            lost: 0,
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn one(&mut self) -> usize {
        self.rng.random_range(0..INSTANCES)
    }

    /// The gate, about to change.
    fn change(&mut self) -> &mut Gate {
        if self.past.back() != Some(&self.gate) {
            if self.past.len() == MAX_LOST {
                self.past.pop_front();
            }
            self.past.push_back(self.gate.clone());
        }
        &mut self.gate
    }

    /// One random thing.
    pub fn step(&mut self) {
        let one = self.one();
        match self.rng.random_range(0..100) {
            0..30 => self.buy(one),
            30..47 => self.relay(one),
            47..55 => self.consume(one),
            55..65 => self.write(one),
            65..73 => self.release(),
            73..75 => self.close(),
            75..82 => self.warm_up(one),
            82..86 => self.reconcile(one),
            86..89 => self.late_call(),
            89..92 => self.kill_worker(one),
            92..95 => self.restart_web(one),
            95..97 => self.repeat(),
            97..99 => self.lose_moments(),
            _ => self.lose_keys(),
        }
        self.ledger.audit();
    }

    fn buy(&mut self, web: usize) {
        let buyer = self.rng.random_range(0..BUYERS);
        self.ask(web, buyer);
    }

    fn ask(&mut self, web: usize, buyer: Buyer) -> Option<Answer> {
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
        let answer = self.change().reserve(epoch, reservation, buyer, known);
        if self.chance(10) {
            return None;
        }
        match answer {
            Answer::Held(position) => {
                self.webs[web].told = (epoch, known.max(position));
                self.told.insert(reservation, buyer);
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
    fn refresh(&mut self, web: usize) {
        let epoch = self.ledger.epoch;
        if self.webs[web].epoch != epoch {
            self.webs[web] = Web {
                epoch,
                told: (epoch, self.ledger.last_good_position()),
            };
        }
    }

    fn late_call(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let place = self.rng.random_range(0..self.late.len());
        match self.late.swap_remove(place) {
            Call::Reserve(epoch, reservation, buyer, told) => {
                self.change().reserve(epoch, reservation, buyer, told);
            }
            Call::Release(reservation, buyer, withdraw) => {
                self.change().release(reservation, buyer, withdraw);
            }
        }
    }

    fn restart_web(&mut self, web: usize) {
        self.webs[web] = Web::default();
        self.refresh(web);
    }
}
