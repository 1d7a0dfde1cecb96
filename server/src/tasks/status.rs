//! The state of the tasks: for readiness, and for debugging.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{chain::Chain, engine::ports::PortError};

/// The result of a task's last run. Clones share it.
#[derive(Clone, Default)]
pub struct LastRun(Arc<Mutex<Option<Outcome>>>);

struct Outcome {
    at: Instant,
    took: Duration,
    /// The number of entries, or the error.
    done: Result<u32, String>,
}

impl LastRun {
    /// Records the end of a run that began at `begun`.
    pub fn note(&self, begun: Instant, done: &Result<u32, PortError>) {
        *lock(&self.0) = Some(Outcome {
            at: Instant::now(),
            took: begun.elapsed(),
            done: match done {
                Ok(entries) => Ok(*entries),
                Err(error) => Err(Chain(error).to_string()),
            },
        });
    }

    /// In words.
    fn describe(&self) -> Option<String> {
        let last = lock(&self.0);
        let Outcome { at, took, done } = last.as_ref()?;
        let done = match done {
            Ok(entries) => format!("{entries} entries"),
            Err(error) => format!("failed: {error}"),
        };
        let (ago, took) = (at.elapsed().as_secs(), took.as_millis());
        Some(format!("last run {ago} s ago, {took} ms: {done}"))
    }
}

/// Whether a task works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It ended for this cause and is about to be restarted.
    Waiting(String),
    /// It ended for this cause, and the process ends too.
    Ended(String),
}

/// The state of a task.
#[derive(Clone)]
pub struct Status {
    pub name: &'static str,
    /// Its purpose, in a sentence.
    pub about: &'static str,
    pub state: State,
    /// The number of restarts.
    pub restarts: u32,
    last_run: LastRun,
}

impl Status {
    /// Recent events in words, if there are any.
    pub fn detail(&self) -> Option<String> {
        let state = match &self.state {
            State::Running => None,
            State::Waiting(cause) => Some(format!("{cause}; it is started again")),
            State::Ended(cause) => Some(format!("{cause}; the process ends")),
        };
        let restarts = match self.restarts {
            0 => None,
            times => Some(format!("started again {times} times")),
        };
        let said: Vec<_> = [state, restarts, self.last_run.describe()]
            .into_iter()
            .flatten()
            .collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// The statuses of all the process's tasks, in the order of their start.
#[derive(Clone, Default)]
pub struct Statuses(Arc<Mutex<Vec<Status>>>);

impl Statuses {
    pub fn all(&self) -> Vec<Status> {
        lock(&self.0).clone()
    }

    /// Adds a started task; returns its index among the statuses.
    pub(super) fn add(&self, name: &'static str, about: &'static str, last_run: LastRun) -> usize {
        let mut all = lock(&self.0);
        all.push(Status {
            name,
            about,
            state: State::Running,
            restarts: 0,
            last_run,
        });
        all.len() - 1
    }

    pub(super) fn change(&self, place: usize, change: impl FnOnce(&mut Status)) {
        if let Some(status) = lock(&self.0).get_mut(place) {
            change(status);
        }
    }
}

/// A panic while holding it left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
