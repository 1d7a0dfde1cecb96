//! The last filter before the gate. Answers at once for items known to be sold out, and lets at
//! most as many callers per item ask the gate at a time as it has units. The other callers wait,
//! and get "sold out" as soon as one of those ahead does. So the gate is asked about as often as
//! there are units, not as often as there are buyers.
//!
//! The only owner of the sold-out cache: set by the gate's refusals, cleared by returns. In a cluster
//! other instances' returns clear it too (`redis::SignalListener`).

use std::{sync::Arc, time::Duration};

use app::wire::{ItemId, Rejection};
use async_trait::async_trait;
use moka::future::Cache;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::sold_out_cache::SoldOutCache;
use crate::engine::ports::{
    Decision, PortError, Reconciled, Release, Released, Reserve, ReserveRequest, Restock,
    StockGate, Unit,
};

/// More concurrent calls do not make a gate faster, even with more units.
const AT_ONCE: u32 = 512;
/// Callers that waited this long get `busy`: the gate is slow, or unreachable.
const WAIT: Duration = Duration::from_secs(2);
/// Most items with a concurrency limit; an evicted one is made again.
const ITEMS: u64 = 10_000;
/// A changed total takes effect within this time.
const LIFE: Duration = Duration::from_mins(1);

/// The number of units is read again after this long if it could not be read.
const UNKNOWN_LIFE: Duration = Duration::from_secs(1);

/// A permit to ask the gate; returned when dropped.
pub type Place = OwnedSemaphorePermit;

/// A gate behind a sold-out cache and a concurrency limit per item.
pub struct SoldOutGate<G> {
    gate: Arc<G>,
    sold_out: SoldOutCache,
    limits: Cache<ItemId, Arc<Semaphore>>,
    /// Of items whose number of units could not be read, for a moment.
    unknown: Cache<ItemId, Arc<Semaphore>>,
}

impl<G: Reserve + Restock + StockGate> SoldOutGate<G> {
    /// Wraps `gate`. `sold_out` is shared with the listener for other instances' returns.
    pub fn new(gate: Arc<G>, sold_out: SoldOutCache) -> Self {
        let limits = Cache::builder().max_capacity(ITEMS);
        let limits = limits.time_to_live(LIFE).build();
        let unknown = Cache::builder().max_capacity(ITEMS);
        let unknown = unknown.time_to_live(UNKNOWN_LIFE).build();
        Self {
            gate,
            sold_out,
            limits,
            unknown,
        }
    }

    async fn limit(&self, item_id: ItemId) -> Arc<Semaphore> {
        if let Some(limit) = self.limits.get(&item_id).await {
            return limit;
        }
        if let Some(limit) = self.unknown.get(&item_id).await {
            return limit;
        }
        let places = match self.gate.stock(item_id).await {
            // For an item that the gate does not know yet, one buyer asks, and thereby loads it.
            Ok(None) => return Arc::new(Semaphore::new(1)),
            Ok(Some(stock)) => stock.total.clamp(1, AT_ONCE),
            // A part of the gate is away. Buyers of the others are not kept waiting for it.
            Err(_) => {
                let limit = async { Arc::new(Semaphore::new(AT_ONCE as usize)) };
                return self.unknown.get_with(item_id, limit).await;
            }
        };
        let limit = async { Arc::new(Semaphore::new(places as usize)) };
        self.limits.get_with(item_id, limit).await
    }

    /// A permit, if one is free without waiting.
    pub async fn free_place(&self, item_id: ItemId) -> Option<Place> {
        self.limit(item_id).await.try_acquire_owned().ok()
    }

    /// A permit to ask for an item, waiting for it if needed; `None` if the wait was too long.
    pub async fn place(&self, item_id: ItemId) -> Option<Place> {
        let limit = self.limit(item_id).await;
        let place = timeout(WAIT, limit.acquire_owned()).await;
        place.ok().and_then(Result::ok)
    }

    /// Records the gate's "sold out", given after `returns` returns.
    pub fn note_sold_out(&self, item_id: ItemId, returns: u64) {
        self.sold_out.set(item_id, returns);
    }

    /// The gate's answer, if this process already knows it.
    fn known(&self, request: &ReserveRequest) -> Option<Decision> {
        if request.asked_before {
            return None;
        }
        let returns = self.sold_out.returns_when_sold_out(request.unit.item_id)?;
        Some(Decision::SoldOut { returns })
    }
}

#[async_trait]
impl<G: Reserve + Restock + StockGate> Reserve for SoldOutGate<G> {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        if let Some(known) = self.known(&request) {
            return Ok(known);
        }
        let item_id = request.unit.item_id;
        let Some(_place) = self.place(item_id).await else {
            return Ok(Decision::Refused(Rejection::Busy));
        };
        if let Some(known) = self.known(&request) {
            return Ok(known);
        }
        let decision = self.gate.reserve(request).await;
        if let Ok(Decision::SoldOut { returns }) = decision {
            // Before the next caller gets a permit.
            self.note_sold_out(item_id, returns);
        }
        decision
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.sold_out.is_sold_out(item_id)
    }
}

#[async_trait]
impl<G: Reserve + Restock + StockGate> Restock for SoldOutGate<G> {
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError> {
        let released = self.gate.release(unit, release).await?;
        self.sold_out.clear(unit.item_id, released.returns);
        Ok(released)
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        let reconciled = self.gate.reconcile(item_id).await?;
        if let Reconciled::Repaired { returns, .. } = reconciled {
            self.sold_out.clear(item_id, returns);
        }
        Ok(reconciled)
    }
}
