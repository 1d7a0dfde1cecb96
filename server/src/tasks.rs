//! Background tasks: what runs beside the requests for as long as the process does. Each has a name, a
//! sentence that describes it, and a status. One that panics or ends is logged with its cause, and then
//! started again or, where that is not safe, ends the process: none is missing without a word.

mod status;
mod supervisor;

use futures::{FutureExt, future::BoxFuture};

pub use status::{LastRun, State, Status, Statuses};
pub use supervisor::{Ended, Restarts, Supervisor};

/// What runs.
enum Run {
    /// Begins anew each time.
    Again(Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>),
    /// Owns what cannot be made again.
    Once(BoxFuture<'static, ()>),
}

/// A task that has not been started.
pub struct Task {
    name: &'static str,
    about: &'static str,
    run: Run,
    last_run: LastRun,
}

impl Task {
    /// One that may be started again after it panicked or ended. `about` is a sentence.
    pub fn restartable<F>(
        name: &'static str,
        about: &'static str,
        mut start: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            name,
            about,
            run: Run::Again(Box::new(move || start().boxed())),
            last_run: LastRun::default(),
        }
    }

    /// One that the process cannot do without and cannot start again.
    pub fn vital(
        name: &'static str,
        about: &'static str,
        run: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self {
            name,
            about,
            run: Run::Once(run.boxed()),
            last_run: LastRun::default(),
        }
    }

    /// The same task, which notes in `last_run` how each of its runs ended.
    #[must_use]
    pub fn noting(mut self, last_run: LastRun) -> Self {
        self.last_run = last_run;
        self
    }

    /// The task without supervision, for tests and commands that end soon.
    pub fn unsupervised(self) -> BoxFuture<'static, ()> {
        match self.run {
            Run::Again(mut start) => start(),
            Run::Once(run) => run,
        }
    }
}
