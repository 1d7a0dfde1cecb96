//! The world of one seed: buyers, two web instances, two workers, a gate that loses data, a queue that
//! repeats, and a ledger. Every call of every caller may be lost, late, repeated or unanswered. Relay, order
//! writer and release are the engine's own, and other callers come between any two of their calls.

mod end;
mod jobs;
mod losses;
mod ports;
mod state;
mod workers;

use std::sync::{Arc, Mutex, MutexGuard};

use rand::Rng;
use server::engine::Engine;

use jobs::{Job, Worker};
use state::{INSTANCES, State};

/// Between two steps pass as many milliseconds, at most: a thing that waits for some hundred steps is given up.
const STEP_MS: i64 = 2_000;

/// The model's state; every port has a handle of it.
type Shared = Arc<Mutex<State>>;

pub struct World {
    state: Shared,
    workers: [Worker; INSTANCES],
    /// Ports that are not used come from here.
    engine: Engine,
}

impl World {
    pub fn new(seed: u64, engine: &Engine) -> World {
        let state: Shared = Arc::new(Mutex::new(State::new(seed)));
        World {
            workers: [0, 1].map(|number| Worker::new(number, &state, engine)),
            state,
            engine: engine.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Holds and withdrawals that Redis has lost.
    pub fn lost(&self) -> usize {
        self.state().lost
    }

    /// Does one random thing.
    pub fn step(&mut self) {
        let (one, what) = {
            let mut state = self.state();
            state.now_ms += state.rng.random_range(0..STEP_MS);
            (state.one(), state.rng.random_range(0..100))
        };
        match what {
            0..22 => self.state().buy(one),
            22..42 => drop(self.workers[one].goes_on(Job::Relay)),
            42..61 => drop(self.workers[one].goes_on(Job::WriteOrders)),
            61..73 => drop(self.workers[one].goes_on(Job::Release)),
            73..75 => self.state().close(),
            75..82 => self.state().warm_up(one),
            82..86 => self.state().reconcile(one),
            86..89 => self.state().late_call(),
            89..92 => self.kill_worker(one),
            92..95 => self.state().restart_web(one),
            95..97 => self.state().repeat(),
            97..99 => self.state().roll_back(),
            _ => self.state().lose_keys(),
        }
        self.state().audit();
    }

    /// Everything it had under way ends, and another one takes its place.
    fn kill_worker(&mut self, number: usize) {
        self.workers[number] = Worker::new(number, &self.state, &self.engine);
        self.state().worker_is_gone(number);
    }
}
