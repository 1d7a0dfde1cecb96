//! Background tasks, which run beside the requests as long as the process does. Each has a name, a
//! sentence that describes it, and a status. When one panics or ends, its cause is logged, and it is
//! restarted or, if that is unsafe, the process ends: no task disappears silently.

mod status;
mod supervisor;

use futures::{FutureExt, future::BoxFuture};

pub use status::{LastRun, State, Status, Statuses};
pub use supervisor::{Ended, Restarts, Supervisor};

/// How a task runs.
enum Run {
    /// Can be started again each time.
    Again(Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>),
    /// Owns state that cannot be rebuilt.
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
    /// A task that is restarted after it panics or ends. `about` is a sentence.
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

    /// A task that the process needs and that cannot be restarted.
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

    /// The same task; each of its runs records its result in `last_run`.
    #[must_use]
    pub fn noting(mut self, last_run: LastRun) -> Self {
        self.last_run = last_run;
        self
    }

    /// The task without supervision, for tests and short commands.
    pub fn unsupervised(self) -> BoxFuture<'static, ()> {
        match self.run {
            Run::Again(mut start) => start(),
            Run::Once(run) => run,
        }
    }
}
