//! The task that decides.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use app::wire::ItemId;
use tokio::sync::mpsc;

use super::{Call, Published, Reply, item::GateItem, released::ReleasedUnits};
use crate::chain::Chain;
use crate::engine::ports::{
    Clock, Decision, GateLedger, ItemSnapshot, OrderQueue, PortError, QueuedReservation,
    Reconciled, Release, Released, ReserveRequest, Unit, Window,
};

/// Requests that share a transaction: bounds how long the first of them waits.
const BATCH: usize = 256;
/// Items at once. Those whose window is over make room; they can always be read again.
const ITEMS: usize = 10_000;

/// Runs until every [`Gate`](super::Gate) is dropped.
pub struct GateTask {
    mailbox: mpsc::Receiver<Call>,
    published: Published,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn OrderQueue>,
    ledger: Arc<dyn GateLedger>,
    items: HashMap<ItemId, GateItem>,
    released: ReleasedUnits,
    /// Numbers the returns of all items together, so that it never goes backwards for any.
    returns: u64,
}

/// Held in memory, not on disk: nobody has been told.
#[derive(Default)]
struct Pending {
    held: Vec<QueuedReservation>,
    replies: Vec<(Reply<Decision>, Decision)>,
}

impl GateTask {
    pub(super) fn new(
        mailbox: mpsc::Receiver<Call>,
        published: Published,
        clock: Arc<dyn Clock>,
        queue: Arc<dyn OrderQueue>,
        ledger: Arc<dyn GateLedger>,
    ) -> Self {
        Self {
            mailbox,
            published,
            clock,
            queue,
            ledger,
            items: HashMap::new(),
            released: ReleasedUnits::default(),
            returns: 0,
        }
    }

    /// Decides until nobody can ask any more.
    pub async fn run(mut self) {
        let mut calls = Vec::with_capacity(BATCH);
        while self.mailbox.recv_many(&mut calls, BATCH).await > 0 {
            let mut pending = Pending::default();
            for call in calls.drain(..) {
                match call {
                    // Nobody waits any more: who has heard `busy` may ask again.
                    Call::Reserve(_, reply) if reply.is_closed() => {}
                    Call::Reserve(request, reply) => {
                        self.reserve(request, reply, &mut pending).await
                    }
                    other => {
                        // Everything else sees the ledger as of all requests before it.
                        self.commit(&mut pending).await;
                        self.handle(other).await;
                    }
                }
            }
            self.commit(&mut pending).await;
        }
    }

    async fn handle(&mut self, call: Call) {
        // An answer that nobody waits for any more is dropped.
        match call {
            Call::Reserve(..) => unreachable!("decided in a batch"),
            Call::WarmUp(item_id, window, reply) => {
                drop(reply.send(self.warm_up(item_id, window).await));
            }
            Call::Release(unit, release, reply) => {
                drop(reply.send(Ok(self.release(unit, release))));
            }
            Call::Confirm(unit, reply) => {
                if let Some(item) = self.items.get_mut(&unit.item_id) {
                    item.confirm(unit);
                    self.publish(unit.item_id);
                }
                drop(reply.send(Ok(())));
            }
            Call::Reconcile(item_id, reply) => drop(reply.send(self.reconcile(item_id).await)),
        }
    }

    fn release(&mut self, unit: Unit, release: Release) -> Released {
        self.returns += u64::from(release == Release::Return);
        let item = self.items.get_mut(&unit.item_id);
        let position = item.and_then(|item| item.release(unit, release, self.returns));
        self.released.add(unit.reservation_id, position);
        self.publish(unit.item_id);
        Released {
            returns: self.returns,
        }
    }

    async fn reserve(
        &mut self,
        request: ReserveRequest,
        reply: Reply<Decision>,
        pending: &mut Pending,
    ) {
        if !self.items.contains_key(&request.item_id) {
            // The batch so far must be on disk before the ledger is read.
            self.commit(pending).await;
            match self.load(request.item_id).await {
                Ok(true) => {}
                Ok(false) => {
                    return drop(reply.send(Ok(Decision::UnknownItem)));
                }
                Err(error) => return drop(reply.send(Err(error))),
            }
        }
        let now_ms = self.clock.now_ms();
        let Some(item) = self.items.get_mut(&request.item_id) else {
            return;
        };
        let held_before = item.stock.locked;
        let decision = item.reserve(&request, &self.released, now_ms);
        if let Decision::Held { position } = decision
            && item.stock.locked > held_before
        {
            pending.held.push(QueuedReservation {
                reservation_id: request.reservation_id,
                item_id: request.item_id,
                buyer: request.buyer,
                path: request.path,
                position,
                held_at_ms: now_ms,
            });
        }
        // A refusal may rest on a hold of this batch ("already reserved", "sold out"): it waits.
        pending.replies.push((reply, decision));
    }

    /// To disk, then to the callers.
    async fn commit(&mut self, pending: &mut Pending) {
        let Pending { held, replies } = std::mem::take(pending);
        let written = match held.is_empty() {
            true => Ok(()),
            false => self.queue.put(&held).await,
        };
        if let Err(error) = written {
            tracing::error!(error = %Chain(&error), requests = replies.len(),
                "a batch was not confirmed: its items are read again from the ledger");
            for held in &held {
                self.forget(held.item_id);
            }
            let unknown = "the ledger did not confirm";
            for (reply, _) in replies {
                drop(reply.send(Err(PortError::failed("gate", unknown))));
            }
            return;
        }
        for held in &held {
            self.publish(held.item_id);
        }
        for (reply, decision) in replies {
            drop(reply.send(Ok(decision)));
        }
    }

    async fn warm_up(&mut self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        match self.items.get_mut(&item_id) {
            Some(item) => {
                item.window = window;
                Ok(false)
            }
            None => self.load(item_id).await,
        }
    }

    async fn reconcile(&mut self, item_id: ItemId) -> Result<Reconciled, PortError> {
        let Some(snapshot) = self.ledger.snapshot(item_id).await? else {
            self.forget(item_id);
            return Ok(Reconciled::Same);
        };
        let ledger = GateItem::load(&snapshot, self.returns, &mut self.released);
        let known = self.items.get(&item_id);
        let Some(detail) = known.and_then(|item| item.difference(&ledger)) else {
            return Ok(Reconciled::Same);
        };
        self.insert(item_id, &snapshot);
        Ok(Reconciled::Repaired {
            detail,
            returns: self.returns,
        })
    }

    /// Reads an item from the ledger; false when there is no such item.
    async fn load(&mut self, item_id: ItemId) -> Result<bool, PortError> {
        let Some(snapshot) = self.ledger.snapshot(item_id).await? else {
            return Ok(false);
        };
        if self.items.len() >= ITEMS {
            let now_ms = self.clock.now_ms();
            self.items.retain(|_, item| item.window.ends_at_ms > now_ms);
            let mut published = self
                .published
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            published.retain(|id, _| self.items.contains_key(id));
        }
        if self.items.len() >= ITEMS {
            let detail = "as many items as may be are on sale";
            return Err(PortError::busy("gate", detail));
        }
        self.insert(item_id, &snapshot);
        Ok(true)
    }

    fn insert(&mut self, item_id: ItemId, snapshot: &ItemSnapshot) {
        self.returns += 1;
        let item = GateItem::load(snapshot, self.returns, &mut self.released);
        self.items.insert(item_id, item);
        self.publish(item_id);
    }

    fn forget(&mut self, item_id: ItemId) {
        self.items.remove(&item_id);
        self.publish(item_id);
    }

    fn publish(&self, item_id: ItemId) {
        let mut published = self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        match self.items.get(&item_id) {
            Some(item) => drop(published.insert(item_id, item.stock)),
            None => drop(published.remove(&item_id)),
        }
    }
}
