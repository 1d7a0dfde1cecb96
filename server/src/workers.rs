//! Background work: each worker calls one use case again and again. No worker takes input or retries
//! within a run: a signal or its period wakes it, it reads what there is to do, and the next run is
//! the retry.

mod list;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};

use crate::{
    chain::Chain,
    engine::{
        BATCH, Engine,
        ports::{Job, PortError, WakeSignal},
        switches::{self, follow},
    },
    tasks::{LastRun, Task},
};

/// A failing worker logs at once and then this often: a server may be away for an hour, and every
/// worker tries again every second.
const COMPLAINT: Duration = Duration::from_mins(1);

/// How often workers run without being woken, and how fast orders may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Queue, due releases and overdue orders.
    pub work: Duration,
    /// New items of approved rounds, changed windows.
    pub warm_up: Duration,
    /// Comparison of gate and ledger: reads every holder of every item on sale.
    pub reconcile: Duration,
    /// Orders whose time to pay ends soon: reads each of them every time.
    pub warn: Duration,
    /// Expired data: log-ins, addresses, messages.
    pub purge: Duration,
    /// Parked entries of the queue get another try.
    pub replay: Duration,
    /// Orders written a second, at most; spares a database with other work.
    pub orders_per_s: Option<u32>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            work: Duration::from_secs(1),
            warm_up: Duration::from_secs(1),
            reconcile: Duration::from_mins(1),
            warn: Duration::from_secs(10),
            purge: Duration::from_mins(10),
            replay: Duration::from_hours(1),
            orders_per_s: None,
        }
    }
}

/// Wake signals of this process.
#[derive(Clone, Default)]
pub struct WakeSignals(Arc<HashMap<Job, Notify>>);

impl WakeSignals {
    /// One for each job.
    pub fn new() -> Self {
        Self(Arc::new(Job::ALL.map(|job| (job, Notify::new())).into()))
    }

    async fn notified(&self, job: Option<Job>) {
        match job.and_then(|job| self.0.get(&job)) {
            Some(wake_signal) => wake_signal.notified().await,
            None => std::future::pending().await,
        }
    }
}

impl WakeSignal for WakeSignals {
    fn notify(&self, job: Job) {
        if let Some(wake_signal) = self.0.get(&job) {
            wake_signal.notify_one();
        }
    }
}

/// Every worker as a task. Once `stop` turns true each finishes its current run, and ends.
pub fn tasks(
    engine: &Engine,
    wake_signals: &WakeSignals,
    schedule: Schedule,
    stop: &watch::Receiver<bool>,
) -> Vec<Task> {
    let workers = list::workers(schedule, engine.orders.outbox.is_some());
    let task = |worker: Worker| {
        let (engine, wake_signals) = (engine.clone(), wake_signals.clone());
        let (stop, last_run) = (stop.clone(), LastRun::default());
        let noted = last_run.clone();
        let run = move || {
            let (engine, wake_signals) = (engine.clone(), wake_signals.clone());
            worker.run(engine, wake_signals, stop.clone(), noted.clone())
        };
        Task::restartable(worker.name, worker.about, run).noting(last_run)
    };
    workers.into_iter().map(task).collect()
}

/// Between two reads of the switches: every instance follows within two seconds.
const SWITCHES: Duration = Duration::from_secs(1);

/// Follows the switches, for ever, on every instance whatever its role.
pub async fn follow_switches(deps: Arc<switches::Deps>) {
    let mut complained: Option<Instant> = None;
    loop {
        match follow::run_once(&deps).await {
            Ok(_) if complained.take().is_some() => {
                tracing::info!("the switches can be read again");
            }
            Err(error) if complained.is_none_or(|at| at.elapsed() >= COMPLAINT) => {
                tracing::warn!(error = %Chain(&error), "cannot read the switches; the last known ones stay in effect until each ends");
                complained = Some(Instant::now());
            }
            _ => {}
        }
        sleep(SWITCHES).await;
    }
}

/// A run, with the largest number of entries it may take (for capped workers).
type RunOnce = fn(Engine, u32) -> BoxFuture<'static, Result<u32, PortError>>;

/// A worker's use case and schedule.
#[derive(Clone, Copy)]
struct Worker {
    name: &'static str,
    about: &'static str,
    period: Duration,
    job: Option<Job>,
    /// Entries a second, at most.
    per_s: Option<u32>,
    /// From the signal to the run: entries that arrive meanwhile share the run.
    gather: Duration,
    run_once: RunOnce,
}

impl Worker {
    /// Runs once a period.
    fn periodic(
        name: &'static str,
        about: &'static str,
        period: Duration,
        run_once: RunOnce,
    ) -> Self {
        Self {
            name,
            about,
            period,
            job: None,
            per_s: None,
            gather: Duration::ZERO,
            run_once,
        }
    }

    /// Runs when there is work, and at least once a period.
    fn woken(
        name: &'static str,
        about: &'static str,
        (job, period): (Job, Duration),
        run_once: RunOnce,
    ) -> Self {
        Self {
            job: Some(job),
            ..Worker::periodic(name, about, period, run_once)
        }
    }

    async fn work_to_do(&self, wake_signals: &WakeSignals) {
        wake_signals.notified(self.job).await;
        if !self.gather.is_zero() {
            sleep(self.gather).await;
        }
    }

    async fn run(
        self,
        engine: Engine,
        wake_signals: WakeSignals,
        mut stop: watch::Receiver<bool>,
        last_run: LastRun,
    ) {
        // One second's worth at a time: a capped worker must not take a whole batch and then pause.
        let limit = self.per_s.map_or(BATCH, |per_s| per_s.min(BATCH));
        let mut complained: Option<Instant> = None;
        while !*stop.borrow() {
            let begun = Instant::now();
            let result = (self.run_once)(engine.clone(), limit).await;
            last_run.note(begun, &result);
            let done = match result {
                Ok(done) => {
                    if complained.take().is_some() {
                        tracing::info!(
                            worker = self.name,
                            "a worker's run succeeded after it had failed"
                        );
                    }
                    done
                }
                Err(error) => {
                    if complained.is_none_or(|at| at.elapsed() >= COMPLAINT) {
                        tracing::warn!(worker = self.name, error = %Chain(&error), "a worker's run failed; it is repeated");
                        complained = Some(Instant::now());
                    }
                    0
                }
            };
            metrics::counter!("seckill_worker_entries_total", "worker" => self.name)
                .increment(u64::from(done));
            if let Some(per_s) = self.per_s {
                sleep(Duration::from_secs(1) * done / per_s.max(1)).await;
            }
            if done >= limit {
                // More work is waiting.
                continue;
            }
            tokio::select! {
                () = self.work_to_do(&wake_signals) => {}
                () = sleep(self.period) => {}
                _ = stop.changed() => {}
            }
        }
    }
}
