//! The gate in one process: a task that decides requests one after the other.
//!
//! The task takes all waiting requests as a batch, decides each in memory, writes all held reservations with their
//! orders to the ledger in one transaction (a group commit: the slower the disk, the more requests share it), and
//! only then answers. Only this task decides, loads and forgets, so no lock is held across a decision, and a
//! cancelled caller leaves nothing half done.
//!
//! It never guesses. If the ledger does not confirm a batch, its state on disk is unknown: the
//! items of the batch are forgotten and read again from the ledger before the next decision. Slow
//! reads happen outside the task (`loading`, `reconcile`).

mod item;
mod loading;
mod reconcile;
mod released;
mod task;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use app::wire::ItemId;
use async_trait::async_trait;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::engine::ports::{
    Clock, Decision, GateLedger, GateStock, HoldLog, ItemSnapshot, PortError, Reconciled, Release,
    Released, Reserve, ReserveRequest, Restock, StockGate, Unit, Window,
};

use item::ItemState;
pub use task::GateTask;

/// Calls waiting for the task: at the gate's speed well under a second of work.
const MAILBOX: usize = 8192;
/// How long a buyer waits for a decision. It is requested up to twice, and each time may first wait
/// as long for a permit. All of that is shorter than a request may take, so that a buyer who gets
/// `busy` still has a valid path to ask again, and then gets a late decision.
const DECISION: Duration = Duration::from_secs(2);

type Reply<T> = oneshot::Sender<Result<T, PortError>>;

/// The calls to the task.
enum Call {
    WarmUp(ItemId, Window, Reply<bool>),
    Reserve(ReserveRequest, Reply<Decision>),
    Release(Unit, Release, Reply<Released>),
    Confirm(Unit, Reply<()>),
    /// The task's state of an item; `None` if it does not know the item now.
    State(ItemId, Reply<Option<ItemState>>),
    /// Sets an item to the ledger's data, if the item still has this version. Answers `None` if it
    /// has changed.
    Correct(ItemId, u64, Option<ItemSnapshot>, Reply<Option<Reconciled>>),
}

impl Call {
    fn item_id(&self) -> ItemId {
        match self {
            Call::Reserve(request, _) => request.unit.item_id,
            Call::Release(unit, ..) | Call::Confirm(unit, _) => unit.item_id,
            Call::WarmUp(id, ..) | Call::State(id, _) | Call::Correct(id, ..) => *id,
        }
    }
}

/// Counters for readers, as of the last batch on disk.
type Published = Arc<RwLock<HashMap<ItemId, GateStock>>>;

fn busy(detail: &str) -> PortError {
    PortError::busy("gate", detail)
}

/// The gate's handle. The [`GateTask`] does the work and must be running.
pub struct Gate {
    calls: mpsc::Sender<Call>,
    published: Published,
    ledger: Arc<dyn GateLedger>,
}

impl Gate {
    /// Creates a gate that writes its holds to `holds` before it answers, and the task to run.
    /// Dropping the gate ends the task after the waiting calls.
    pub fn new(
        clock: Arc<dyn Clock>,
        holds: Arc<dyn HoldLog>,
        ledger: Arc<dyn GateLedger>,
    ) -> (Gate, GateTask) {
        let (calls, mailbox) = mpsc::channel(MAILBOX);
        let published = Published::default();
        let task = GateTask::new(
            mailbox,
            Arc::clone(&published),
            clock,
            holds,
            Arc::clone(&ledger),
        );
        let gate = Gate {
            calls,
            published,
            ledger,
        };
        (gate, task)
    }

    async fn ask<T>(&self, call: impl FnOnce(Reply<T>) -> Call) -> Result<T, PortError> {
        let (reply, answer) = oneshot::channel();
        self.calls
            .try_send(call(reply))
            .map_err(|_| busy("too many are waiting"))?;
        answer.await.map_err(|_| busy("stopping"))?
    }
}

#[async_trait]
impl Reserve for Gate {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        let decision = self.ask(|reply| Call::Reserve(request, reply));
        let in_time = timeout(DECISION, decision).await;
        in_time.unwrap_or_else(|_| Err(busy("no decision in time")))
    }

    fn is_sold_out(&self, _: ItemId) -> bool {
        false
    }
}

#[async_trait]
impl Restock for Gate {
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError> {
        self.ask(|reply| Call::Release(unit, release, reply)).await
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        reconcile::reconcile(self, item_id).await
    }
}

#[async_trait]
impl StockGate for Gate {
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        self.ask(|reply| Call::WarmUp(item_id, window, reply)).await
    }

    async fn confirm(&self, unit: Unit) -> Result<(), PortError> {
        self.ask(|reply| Call::Confirm(unit, reply)).await
    }

    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError> {
        let published = self
            .published
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(published.get(&item_id).copied())
    }
}
