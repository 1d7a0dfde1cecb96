//! The task that decides.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use app::wire::ItemId;
use tokio::sync::mpsc;

use super::{
    Call, Published, Reply, busy,
    item::GateItem,
    loading::{Loaded, Loading},
    released::ReleasedUnits,
};
use crate::chain::Chain;
use crate::engine::ports::{
    Clock, Decision, GateLedger, HoldLog, ItemSnapshot, PortError, QueuedReservation, Reconciled,
    Release, Released, ReserveRequest, Unit,
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
    holds: Arc<dyn HoldLog>,
    items: HashMap<ItemId, GateItem>,
    loading: Loading,
    released: ReleasedUnits,
    /// Numbers the returns of all items together, so that it never goes backwards for any.
    returns: u64,
    /// Likewise numbers their changes.
    versions: u64,
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
        holds: Arc<dyn HoldLog>,
        ledger: Arc<dyn GateLedger>,
    ) -> Self {
        Self {
            mailbox,
            published,
            clock,
            holds,
            items: HashMap::new(),
            loading: Loading::new(ledger),
            released: ReleasedUnits::default(),
            returns: 0,
            versions: 0,
        }
    }

    /// Decides until nobody can ask any more.
    pub async fn run(mut self) {
        let mut calls = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                // What has been read first: it seldom comes, and others wait for it.
                biased;
                loaded = self.loading.next() => calls = self.loaded(loaded),
                taken = self.mailbox.recv_many(&mut calls, BATCH) => {
                    if taken == 0 {
                        return;
                    }
                }
            }
            while !calls.is_empty() {
                let later = calls.split_off(BATCH.min(calls.len()));
                let batch = std::mem::replace(&mut calls, later);
                self.decide(batch).await;
            }
        }
    }

    async fn decide(&mut self, calls: Vec<Call>) {
        let mut pending = Pending::default();
        for call in calls {
            match self.unless_waiting(call) {
                None => {}
                // Nobody waits any more: who has heard `busy` may ask again.
                Some(Call::Reserve(_, reply)) if reply.is_closed() => {}
                Some(Call::Reserve(request, reply)) => self.reserve(request, reply, &mut pending),
                Some(other) => {
                    // Everything else sees the ledger as of all requests before it.
                    self.commit(&mut pending).await;
                    self.handle(other);
                }
            }
        }
        self.commit(&mut pending).await;
    }

    /// Keeps a call about an item that is being read until it has been read. A purchase or warm-up of
    /// an unknown item starts the read.
    fn unless_waiting(&mut self, call: Call) -> Option<Call> {
        let item_id = call.item_id();
        let waits = match &call {
            Call::Reserve(..) | Call::WarmUp(..) => !self.items.contains_key(&item_id),
            Call::Release(..) | Call::Confirm(..) => self.loading.contains(item_id),
            Call::State(..) | Call::Correct(..) => false,
        };
        if !waits {
            return Some(call);
        }
        if let Some(call) = self.loading.wait(call) {
            self.refuse(
                call,
                busy("too many calls wait for items to be read from the ledger"),
            );
        }
        None
    }

    /// Takes over an item that has been read. Returns the calls that can go on now.
    fn loaded(&mut self, loaded: Loaded) -> Vec<Call> {
        let Loaded {
            item_id,
            read,
            mut calls,
        } = loaded;
        match read {
            Ok(Some(snapshot)) if self.has_room() => {
                self.insert(item_id, &snapshot);
                // A warm-up that had it read hears so. Its window has been read too.
                if matches!(calls.first(), Some(Call::WarmUp(..)))
                    && let Call::WarmUp(_, _, reply) = calls.remove(0)
                {
                    drop(reply.send(Ok(true)));
                }
                return calls;
            }
            Ok(Some(_)) => {
                self.refuse_all(calls, &busy("the limit of items at the gate is reached"));
            }
            Ok(None) => calls.into_iter().for_each(|call| self.handle(call)),
            Err(error) => self.refuse_all(calls, &error),
        }
        Vec::new()
    }

    fn refuse_all(&mut self, calls: Vec<Call>, error: &PortError) {
        for call in calls {
            self.refuse(call, again(error));
        }
    }

    /// Answers a purchase or a warm-up with the error. Releases and payments go on without the item.
    fn refuse(&mut self, call: Call, error: PortError) {
        match call {
            Call::Reserve(_, reply) => drop(reply.send(Err(error))),
            Call::WarmUp(_, _, reply) => drop(reply.send(Err(error))),
            other => self.handle(other),
        }
    }

    /// Everything that is not decided in a batch. An answer that nobody waits for any more is dropped.
    fn handle(&mut self, call: Call) {
        match call {
            // One of a known item is decided in a batch.
            Call::Reserve(_, reply) => drop(reply.send(Ok(Decision::UnknownItem))),
            Call::WarmUp(item_id, window, reply) => {
                if let Some(item) = self.items.get_mut(&item_id) {
                    item.window = window;
                }
                drop(reply.send(Ok(false)));
            }
            Call::Release(unit, release, reply) => {
                drop(reply.send(Ok(self.release(unit, release))));
            }
            Call::Confirm(unit, reply) => {
                if let Some(item) = self.items.get_mut(&unit.item_id) {
                    item.confirm(unit);
                    self.changed(unit.item_id);
                    self.publish(unit.item_id);
                }
                drop(reply.send(Ok(())));
            }
            Call::State(item_id, reply) => {
                let state = self.items.get(&item_id).map(GateItem::state);
                drop(reply.send(Ok(state)));
            }
            Call::Correct(item_id, version, ledger, reply) => {
                drop(reply.send(Ok(self.correct(item_id, version, ledger))));
            }
        }
    }

    fn release(&mut self, unit: Unit, release: Release) -> Released {
        self.returns += u64::from(release == Release::Return);
        let item = self.items.get_mut(&unit.item_id);
        let position = item.and_then(|item| item.release(unit, release, self.returns));
        self.released.add(unit.reservation_id, position);
        self.changed(unit.item_id);
        self.publish(unit.item_id);
        Released {
            returns: self.returns,
        }
    }

    fn reserve(&mut self, request: ReserveRequest, reply: Reply<Decision>, pending: &mut Pending) {
        let now_ms = self.clock.now_ms();
        let Some(item) = self.items.get_mut(&request.unit.item_id) else {
            return drop(reply.send(Err(busy("the item has to be read again"))));
        };
        let held_before = item.stock.locked;
        let decision = item.reserve(&request, &self.released, now_ms);
        if let Decision::Held { position } = decision
            && item.stock.locked > held_before
        {
            self.changed(request.unit.item_id);
            pending.held.push(QueuedReservation {
                unit: request.unit,
                path: request.path,
                position,
                held_at_ms: now_ms,
                replayed: false,
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
            false => self.holds.write(&held).await,
        };
        if let Err(error) = written {
            tracing::error!(error = %Chain(&error), requests = replies.len(),
                "the ledger did not confirm a batch of reservations; their items are read again from it");
            for held in &held {
                self.forget(held.unit.item_id);
            }
            let unknown = "the ledger did not confirm the reservation";
            for (reply, _) in replies {
                drop(reply.send(Err(PortError::failed("gate", unknown))));
            }
            return;
        }
        for held in &held {
            self.publish(held.unit.item_id);
        }
        for (reply, decision) in replies {
            drop(reply.send(Ok(decision)));
        }
    }

    /// Takes the ledger's word for an item that is as it was when the ledger was asked; `None` for one
    /// that is not.
    fn correct(
        &mut self,
        item_id: ItemId,
        version: u64,
        ledger: Option<ItemSnapshot>,
    ) -> Option<Reconciled> {
        let item = self.items.get(&item_id);
        let item = item.filter(|item| item.version == version)?;
        let Some(snapshot) = ledger else {
            self.forget(item_id);
            return Some(Reconciled::Same);
        };
        let ledger = GateItem::load(&snapshot, self.returns, &mut self.released);
        let Some(detail) = item.difference(&ledger) else {
            return Some(Reconciled::Same);
        };
        self.insert(item_id, &snapshot);
        Some(Reconciled::Repaired {
            detail,
            returns: self.returns,
        })
    }

    /// Whether one more item may be known. Those whose window is over make room.
    fn has_room(&mut self) -> bool {
        if self.items.len() >= ITEMS {
            let now_ms = self.clock.now_ms();
            self.items.retain(|_, item| item.window.ends_at_ms > now_ms);
            let mut published = self
                .published
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            published.retain(|id, _| self.items.contains_key(id));
        }
        self.items.len() < ITEMS
    }

    fn insert(&mut self, item_id: ItemId, snapshot: &ItemSnapshot) {
        self.returns += 1;
        let item = GateItem::load(snapshot, self.returns, &mut self.released);
        self.items.insert(item_id, item);
        self.changed(item_id);
        self.publish(item_id);
    }

    fn forget(&mut self, item_id: ItemId) {
        self.items.remove(&item_id);
        self.publish(item_id);
    }

    /// Gives an item another version.
    fn changed(&mut self, item_id: ItemId) {
        self.versions += 1;
        if let Some(item) = self.items.get_mut(&item_id) {
            item.version = self.versions;
        }
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

/// The same error for one more caller.
fn again(error: &PortError) -> PortError {
    match error {
        PortError::Busy { port, detail } => PortError::busy(port, detail),
        PortError::Failed { port, source } => PortError::failed(port, source.to_string()),
    }
}
