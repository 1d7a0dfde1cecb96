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

/// Most requests in one transaction: limits how long the first of them waits.
const BATCH: usize = 256;
/// Most items. Those whose window is over are removed first; they can be read again.
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
    /// Numbers the returns of all items together, so that the number never decreases for any item.
    returns: u64,
    /// Numbers the changes of all items in the same way.
    versions: u64,
}

/// Held in memory but not on disk: no buyer was answered yet.
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

    /// Runs until all callers are gone.
    pub async fn run(mut self) {
        let mut calls = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                // Items that were read come first: this is rare, and calls wait for them.
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
                // The caller has left: after `busy` it may ask again.
                Some(Call::Reserve(_, reply)) if reply.is_closed() => {}
                Some(Call::Reserve(request, reply)) => self.reserve(request, reply, &mut pending),
                Some(other) => {
                    // All other calls see the ledger after all earlier requests.
                    self.commit(&mut pending).await;
                    self.handle(other);
                }
            }
        }
        self.commit(&mut pending).await;
    }

    /// Keeps a call while its item is being read. A purchase or warm-up of an unknown item starts the
    /// read.
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

    /// Installs an item that was read. Returns the calls that can continue.
    fn loaded(&mut self, loaded: Loaded) -> Vec<Call> {
        let Loaded {
            item_id,
            read,
            mut calls,
        } = loaded;
        match read {
            Ok(Some(snapshot)) if self.has_room() => {
                self.insert(item_id, &snapshot);
                // A warm-up that caused the read is answered here; the read included its window.
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

    /// Refuses a purchase or a warm-up. Releases and payments continue without the item.
    fn refuse(&mut self, call: Call, error: PortError) {
        match call {
            Call::Reserve(_, reply) => drop(reply.send(Err(error))),
            Call::WarmUp(_, _, reply) => drop(reply.send(Err(error))),
            other => self.handle(other),
        }
    }

    /// Handles calls that are not decided in a batch. Drops an answer if its caller has left.
    fn handle(&mut self, call: Call) {
        match call {
            // A purchase of a known item is decided in a batch instead.
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
        // A refusal may depend on a hold of this batch ("already reserved", "sold out"): it waits.
        pending.replies.push((reply, decision));
    }

    /// Writes the batch to disk, then answers the callers.
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

    /// Sets an item to the ledger's data if it is unchanged since the ledger was read; otherwise
    /// `None`.
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

    /// Whether one more item may be loaded. Removes items whose window is over.
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

    /// Gives an item a new version.
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

/// Copies an error for another caller.
fn again(error: &PortError) -> PortError {
    match error {
        PortError::Busy { port, detail } => PortError::busy(port, detail),
        PortError::Failed { port, source } => PortError::failed(port, source.to_string()),
    }
}
