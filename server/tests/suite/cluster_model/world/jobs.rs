//! Relay, order writer and release: the engine's own, each run a call at a time.

use std::{
    pin::Pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll, Waker},
};

use futures::future::BoxFuture;
use server::engine::{
    Engine, Rules,
    orders::{self, relay, write_orders},
    ports::PortError,
    stock::{self, release},
};

use super::{
    Shared,
    ports::{LATE_AFTER_MS, Ports},
};

/// Entries of a batch.
const LIMIT: u32 = 10;

/// When nothing fails, no worker needs more to end what there is.
const MAX_CALLS: usize = 10_000;

/// What a worker does in runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    Relay,
    WriteOrders,
    Release,
}

type Run = BoxFuture<'static, Result<u32, PortError>>;

/// A worker, and its runs that have begun.
pub struct Worker {
    ports: Ports,
    orders: Arc<orders::Deps>,
    stock: Arc<stock::Deps>,
    runs: [Option<Run>; 3],
}

impl Worker {
    pub fn new(number: usize, state: &Shared, engine: &Engine) -> Worker {
        let ports = Ports::new(number, state);
        let port = Arc::new(ports.clone());
        let orders = orders::Deps {
            rules: Rules {
                queue_age_ms: LATE_AFTER_MS,
                fail_fast_percent: 50,
                ..engine.orders.rules
            },
            clock: port.clone(),
            ids: engine.orders.ids.clone(),
            limits: engine.orders.limits.clone(),
            outbox: Some(port.clone()),
            queue: port.clone(),
            parked: engine.orders.parked.clone(),
            writer: port.clone(),
            closer: engine.orders.closer.clone(),
            reader: engine.orders.reader.clone(),
            reservations: engine.orders.reservations.clone(),
            wake: port.clone(),
            gave_back: AtomicBool::new(false),
        };
        let stock = stock::Deps {
            clock: port.clone(),
            catalogue: engine.stock.catalogue.clone(),
            gate: engine.stock.gate.clone(),
            restock: port.clone(),
            due: port,
        };
        Worker {
            ports,
            orders: Arc::new(orders),
            stock: Arc::new(stock),
            runs: [None, None, None],
        }
    }

    fn begin(&self, job: Job) -> Run {
        let (orders, stock) = (self.orders.clone(), self.stock.clone());
        match job {
            Job::Relay => Box::pin(async move { relay::run_once(&orders).await }),
            Job::WriteOrders => {
                Box::pin(async move { write_orders::run_once(&orders, LIMIT).await })
            }
            Job::Release => Box::pin(async move { release::run_once(&stock).await }),
        }
    }

    /// The next call of a run; whether that was the run's end.
    pub fn goes_on(&mut self, job: Job) -> Option<Result<u32, PortError>> {
        let mut run = match self.runs[job as usize].take() {
            Some(run) => run,
            None => self.begin(job),
        };
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(&mut run).poll(&mut context) {
            Poll::Pending => {
                self.runs[job as usize] = Some(run);
                None
            }
            Poll::Ready(ended) => {
                self.ports.run_has_ended(job, &ended);
                Some(ended)
            }
        }
    }

    /// Runs until there is nothing to do.
    pub fn finishes(&mut self, job: Job) {
        for _ in 0..MAX_CALLS {
            match self.goes_on(job) {
                None | Some(Ok(1..)) => {}
                Some(Ok(0)) => return,
                Some(Err(error)) => panic!("{job:?}: {error}"),
            }
        }
        panic!("{job:?} finds the same work again and again");
    }
}
