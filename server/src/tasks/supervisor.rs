//! Keeps tasks running.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures::FutureExt;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep,
};

use super::{Run, State, Statuses, Task};
use crate::{chain::panic_message, jitter::Backoff};

/// The pauses before a restart (see [`Backoff`]); they begin again at the first one after the task has
/// run long enough.
#[derive(Clone, Copy, Debug)]
pub struct Restarts {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// A task that ran this long counts as healthy.
    pub in_order_after: Duration,
}

impl Default for Restarts {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(30),
            in_order_after: Duration::from_mins(1),
        }
    }
}

/// A vital task has ended.
#[derive(Debug, thiserror::Error)]
#[error("the task {name} cannot be started again: {cause}")]
pub struct Ended {
    pub name: &'static str,
    pub cause: String,
}

/// Starts and restarts tasks.
pub struct Supervisor {
    statuses: Statuses,
    restarts: Restarts,
    /// True once the process is to stop: then tasks may end.
    stop: watch::Receiver<bool>,
    ended: mpsc::Sender<Ended>,
}

impl Supervisor {
    /// Also returns the channel that reports the end of a vital task: the process must end then.
    pub fn new(stop: watch::Receiver<bool>, restarts: Restarts) -> (Self, mpsc::Receiver<Ended>) {
        let (ended, first) = mpsc::channel(1);
        let supervisor = Self {
            statuses: Statuses::default(),
            restarts,
            stop,
            ended,
        };
        (supervisor, first)
    }

    /// The state of the tasks.
    pub fn statuses(&self) -> Statuses {
        self.statuses.clone()
    }

    /// Starts these tasks. The set empties as they end after the process was told to stop; dropping it
    /// ends them at once.
    pub fn start(&self, tasks: impl IntoIterator<Item = Task>) -> JoinSet<()> {
        let mut set = JoinSet::new();
        for task in tasks {
            let Task {
                name,
                about,
                run,
                last_run,
            } = task;
            let place = self.statuses.add(name, about, last_run);
            let supervised = Supervised {
                name,
                place,
                statuses: self.statuses.clone(),
                stop: self.stop.clone(),
            };
            match run {
                Run::Again(start) => set.spawn(supervised.restart(start, self.restarts)),
                Run::Once(run) => {
                    let ended = self.ended.clone();
                    set.spawn(supervised.once(run, ended))
                }
            };
        }
        set
    }
}

struct Supervised {
    name: &'static str,
    place: usize,
    statuses: Statuses,
    stop: watch::Receiver<bool>,
}

impl Supervised {
    async fn restart<F>(mut self, mut start: impl FnMut() -> F, restarts: Restarts)
    where
        F: Future<Output = ()>,
    {
        let mut backoff = Backoff::new(restarts.first, restarts.longest);
        loop {
            let begun = Instant::now();
            // The start itself may panic too.
            let Some(cause) = self.end_of(async { start().await }).await else {
                return;
            };
            if begun.elapsed() >= restarts.in_order_after {
                backoff.reset();
            }
            let pause = backoff.next_pause();
            let pause_ms = pause.as_millis();
            tracing::error!(
                task = self.name,
                cause,
                pause_ms,
                "a task ended: it is started again"
            );
            metrics::counter!("seckill_task_restarts_total", "task" => self.name).increment(1);
            self.set(State::Waiting(cause));
            tokio::select! {
                () = sleep(pause) => {}
                _ = self.stop.wait_for(|stop| *stop) => return,
            }
            self.statuses
                .change(self.place, |status| status.restarts += 1);
            self.set(State::Running);
        }
    }

    async fn once(self, run: impl Future<Output = ()>, ended: mpsc::Sender<Ended>) {
        let Some(cause) = self.end_of(run).await else {
            return;
        };
        tracing::error!(
            task = self.name,
            cause,
            "a task ended that cannot be started again: the process ends"
        );
        self.set(State::Ended(cause.clone()));
        let name = self.name;
        // The first one ends the process; if the channel is full, one was reported already.
        drop(ended.try_send(Ended { name, cause }));
    }

    /// Why it ended; `None` if the process is stopping.
    async fn end_of(&self, run: impl Future<Output = ()>) -> Option<String> {
        match AssertUnwindSafe(run).catch_unwind().await {
            Ok(()) if *self.stop.borrow() => None,
            Ok(()) => Some("it ended".to_owned()),
            Err(panic) => Some(format!("it panicked: {}", panic_message(&*panic))),
        }
    }

    fn set(&self, state: State) {
        self.statuses
            .change(self.place, |status| status.state = state);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio::sync::Notify;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn pausing(first: Duration) -> Restarts {
        Restarts {
            first,
            longest: first,
            in_order_after: HOUR,
        }
    }

    /// Panics at its first two starts and then runs until the process stops.
    fn panics_twice(starts: &Arc<AtomicU32>, runs: &Arc<Notify>) -> Task {
        let (starts, runs) = (starts.clone(), runs.clone());
        Task::restartable("careless", "Panics twice.", move || {
            let (number, runs) = (starts.fetch_add(1, Ordering::SeqCst), runs.clone());
            async move {
                assert!(number >= 2, "start {number} went wrong");
                runs.notify_one();
                std::future::pending::<()>().await;
            }
        })
    }

    async fn until(statuses: &Statuses, reached: impl Fn(&State) -> bool) -> State {
        loop {
            let state = statuses.all()[0].state.clone();
            if reached(&state) {
                return state;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_task_that_panics_is_started_again_and_counted() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _counted_here = metrics::set_default_local_recorder(&recorder);
        let (_stop, stopped) = watch::channel(false);
        let (supervisor, _ended) = Supervisor::new(stopped, pausing(Duration::ZERO));
        let (starts, runs) = (Arc::default(), Arc::default());
        let _tasks = supervisor.start([panics_twice(&starts, &runs)]);
        runs.notified().await;
        let [status] = &supervisor.statuses().all()[..] else {
            panic!("one task");
        };
        assert_eq!((&status.state, status.restarts), (&State::Running, 2));
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        let counted = "seckill_task_restarts_total{task=\"careless\"} 2";
        assert!(recorder.handle().render().contains(counted));
    }

    #[tokio::test]
    async fn while_a_task_waits_for_its_restart_its_status_says_why() {
        let (stop, stopped) = watch::channel(false);
        let (supervisor, _ended) = Supervisor::new(stopped, pausing(HOUR));
        let mut tasks = supervisor.start([panics_twice(&Arc::default(), &Arc::default())]);
        let statuses = supervisor.statuses();
        let state = until(&statuses, |state| *state != State::Running).await;
        let cause = "it panicked: start 0 went wrong".to_owned();
        assert_eq!(state, State::Waiting(cause));
        let detail = statuses.all()[0].detail().unwrap();
        assert!(detail.contains("start 0 went wrong"), "{detail}");
        // The pause does not delay the end of the process.
        stop.send_replace(true);
        assert!(tasks.join_next().await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_vital_task_that_panics_ends_the_process() {
        let (_stop, stopped) = watch::channel(false);
        let (supervisor, mut ended) = Supervisor::new(stopped, Restarts::default());
        let gate = Task::vital("gate", "Decides.", async { panic!("out of numbers") });
        let _tasks = supervisor.start([gate]);
        let ended = ended.recv().await.unwrap();
        assert_eq!(
            (ended.name, &*ended.cause),
            ("gate", "it panicked: out of numbers")
        );
        let state = supervisor.statuses().all()[0].state.clone();
        assert_eq!(state, State::Ended(ended.cause));
    }

    #[tokio::test]
    async fn a_task_that_ends_is_an_end_only_before_the_process_stops() {
        for stops in [true, false] {
            let (_stop, stopped) = watch::channel(stops);
            let (supervisor, mut ended) = Supervisor::new(stopped, Restarts::default());
            let mut tasks = supervisor.start([Task::vital("short", "Ends.", async {})]);
            tasks.join_next().await.unwrap().unwrap();
            assert_eq!(ended.try_recv().is_err(), stops);
        }
    }
}
