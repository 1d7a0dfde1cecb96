//! What runs by itself: each worker calls one use case again and again. No worker takes input or
//! retries inside a run: it is woken by a signal or by its period, looks what is there, and the next
//! run is the retry.

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
        messages::{purge_messages, warn_expiring},
        notices::send_notices,
        orders::{close_unpaid, relay, write_orders},
        payments::{apply_notices, check, confirm, refund},
        ports::{Job, PortError, WakeSignal},
        shipping::erase_addresses,
        stock::{reconcile, release, warm_up},
        switches::{self, follow},
    },
    tasks::{LastRun, Task},
};

/// The order writer lets reservations gather for so long: most of what a small batch costs is the transaction,
/// not its orders. Nobody sees it: panels ask for the first time after 300 ms.
const GATHER: Duration = Duration::from_millis(50);

/// A worker that fails says so at once and then so often: a server may be away for an hour, and
/// every worker tries again every second.
const COMPLAINT: Duration = Duration::from_mins(1);

/// How often workers look without being woken, and how fast orders may be written.
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
    /// What has been kept for long enough: log-ins, addresses, messages.
    pub purge: Duration,
    /// Entries of the queue that could not be written get another chance.
    pub replay: Duration,
    /// Orders written a second, at most; spares a database that has other things to do.
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

/// Every worker as a task. Once `stop` turns true each finishes the run it is in, and ends.
pub fn tasks(
    engine: &Engine,
    wake_signals: &WakeSignals,
    schedule: Schedule,
    stop: &watch::Receiver<bool>,
) -> Vec<Task> {
    let workers = workers(schedule, engine.orders.outbox.is_some());
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

fn workers(schedule: Schedule, has_outbox: bool) -> Vec<Worker> {
    let mut workers = vec![
        Worker {
            per_s: schedule.orders_per_s,
            gather: GATHER,
            ..Worker::woken(
                "write_orders",
                "Turns queued reservations into orders.",
                (Job::WriteOrders, schedule.work),
                |e, limit| Box::pin(async move { write_orders::run_once(&e.orders, limit).await }),
            )
        },
        Worker::woken(
            "release",
            "Puts units that came back on sale again.",
            (Job::Release, schedule.work),
            |e, _| Box::pin(async move { release::run_once(&e.stock).await }),
        ),
        Worker::woken(
            "send_notices",
            "Sends messages to people.",
            (Job::Notify, schedule.work),
            |e, _| Box::pin(async move { send_notices::run_once(&e.notices).await }),
        ),
        Worker::woken(
            "warm_up",
            "Loads items of approved rounds into the gate.",
            (Job::WarmUp, schedule.warm_up),
            |e, _| Box::pin(async move { warm_up::run_once(&e.stock).await }),
        ),
        Worker::periodic(
            "reconcile",
            "Compares the gate with the ledger and repairs the gate.",
            schedule.reconcile,
            |e, _| Box::pin(async move { reconcile::run_once(&e.stock).await }),
        ),
        Worker::periodic(
            "replay_parked",
            "Puts entries that could not be written back into the queue.",
            schedule.replay,
            |e, _| Box::pin(async move { e.orders.parked.replay_parked(None).await }),
        ),
    ];
    workers.extend(purge_workers(schedule));
    workers.extend(message_workers(schedule));
    workers.extend(payment_workers(schedule));
    if has_outbox {
        workers.push(Worker::woken(
            "relay",
            "Carries reservations from the gate's outbox to the queue.",
            (Job::Relay, schedule.work),
            |e, _| Box::pin(async move { relay::run_once(&e.orders).await }),
        ));
    }
    workers
}

fn purge_workers(schedule: Schedule) -> [Worker; 2] {
    [
        Worker::periodic(
            "purge_log_ins",
            "Deletes log-ins that have expired.",
            schedule.purge,
            |e, _| {
                Box::pin(async move {
                    let now_ms = e.accounts.clock.now_ms();
                    e.accounts.tokens.purge(now_ms).await.map(|()| 0)
                })
            },
        ),
        Worker::periodic(
            "erase_addresses",
            "Deletes the addresses of orders that ended long ago.",
            schedule.purge,
            |e, _| Box::pin(async move { erase_addresses::run_once(&e.shipping).await }),
        ),
    ]
}

fn message_workers(schedule: Schedule) -> [Worker; 2] {
    [
        Worker::periodic(
            "warn_expiring",
            "Tells buyers that the time to pay ends soon.",
            schedule.warn,
            |e, _| Box::pin(async move { warn_expiring::run_once(&e.messages).await }),
        ),
        Worker::periodic(
            "purge_messages",
            "Deletes messages that are old or more than an account keeps.",
            schedule.purge,
            |e, _| Box::pin(async move { purge_messages::run_once(&e.messages).await }),
        ),
    ]
}

fn payment_workers(schedule: Schedule) -> [Worker; 5] {
    [
        Worker::woken(
            "apply_notices",
            "Turns payment notices into paid orders and refunds.",
            (Job::ApplyNotices, schedule.work),
            |e, _| Box::pin(async move { apply_notices::run_once(&e.payments).await }),
        ),
        Worker::woken(
            "confirm",
            "Tells the gate which units were paid for.",
            (Job::Confirm, schedule.work),
            |e, _| Box::pin(async move { confirm::run_once(&e.payments).await }),
        ),
        Worker::woken(
            "refund",
            "Sends back money that pays no order.",
            (Job::Refund, schedule.work),
            |e, _| Box::pin(async move { refund::run_once(&e.payments).await }),
        ),
        Worker::periodic(
            "check_payments",
            "Asks the provider about payments of which no notice came.",
            schedule.work,
            |e, _| Box::pin(async move { check::run_once(&e.payments).await }),
        ),
        Worker::periodic(
            "close_unpaid",
            "Closes orders that were not paid in time.",
            schedule.work,
            |e, _| Box::pin(async move { close_unpaid::run_once(&e.orders, &e.payments).await }),
        ),
    ]
}

/// Between two looks at the switches: they are in effect everywhere within two.
const SWITCHES: Duration = Duration::from_secs(1);

/// Follows the switches, for ever. Every instance does, whatever its role.
pub async fn follow_switches(deps: Arc<switches::Deps>) {
    let mut complained: Option<Instant> = None;
    loop {
        match follow::run_once(&deps).await {
            Ok(_) if complained.take().is_some() => {
                tracing::info!("the switches can be read again");
            }
            Err(error) if complained.is_none_or(|at| at.elapsed() >= COMPLAINT) => {
                tracing::warn!(error = %Chain(&error), "cannot read the switches; those count that were known last, until each ends");
                complained = Some(Instant::now());
            }
            _ => {}
        }
        sleep(SWITCHES).await;
    }
}

/// A run, and how many entries it may take at most (for the workers that have a cap).
type RunOnce = fn(Engine, u32) -> BoxFuture<'static, Result<u32, PortError>>;

/// What a worker does, and when.
#[derive(Clone, Copy)]
struct Worker {
    name: &'static str,
    about: &'static str,
    period: Duration,
    job: Option<Job>,
    /// Entries a second, at most.
    per_s: Option<u32>,
    /// From the signal that there is work to the run: what comes meanwhile shares the run.
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

    /// Runs when there is work, and once a period in any case.
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
        // A second's worth at once, or a cap would let a whole batch through and then pause.
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
                // More of it is waiting.
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
