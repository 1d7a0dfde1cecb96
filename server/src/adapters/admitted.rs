//! The last filter before the gate: an item is asked for at most as often at the same time as it has
//! units. Whoever is one too many waits at the door, and is told "sold out" there as soon as
//! somebody inside is. However many come in the first second, the gate is asked about as often as
//! there are units to sell, and not as often as there are buyers.

use std::{sync::Arc, time::Duration};

use app::wire::ItemId;
use async_trait::async_trait;
use moka::future::Cache;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::engine::{
    SoldOutMarks,
    ports::{
        Decision, GateStock, Hold, PortError, Reconciled, Refusal, Released, StockGate, Unit,
        Window,
    },
};

/// More at once make a gate no faster, however many units there are.
const AT_ONCE: u32 = 512;
/// Whoever has not been let in for so long is told to try again: the gate is slow, or gone.
const WAIT: Duration = Duration::from_secs(2);
/// Doors kept, one an item; one that is forgotten is made again.
const DOORS: u64 = 10_000;
/// A total that was changed is noticed within this time.
const LIFE: Duration = Duration::from_secs(60);

/// A gate with a door in front. Only [`reserve`](StockGate::reserve) goes through it; what comes
/// back opens it.
pub struct AdmittedGate {
    gate: Arc<dyn StockGate>,
    marks: SoldOutMarks,
    doors: Cache<ItemId, Arc<Semaphore>>,
}

impl AdmittedGate {
    /// A door to `gate` that shares this process's sold-out `marks`.
    pub fn new(gate: Arc<dyn StockGate>, marks: SoldOutMarks) -> Self {
        let doors = Cache::builder()
            .max_capacity(DOORS)
            .time_to_live(LIFE)
            .build();
        Self { gate, marks, doors }
    }

    async fn door(&self, item_id: ItemId) -> Result<Arc<Semaphore>, PortError> {
        if let Some(door) = self.doors.get(&item_id).await {
            return Ok(door);
        }
        // An item that the gate does not know yet is asked for by one buyer, who makes it known.
        let places = match self.gate.stock(item_id).await? {
            None => return Ok(Arc::new(Semaphore::new(1))),
            Some(stock) => stock.total.clamp(1, AT_ONCE),
        };
        let door = async { Arc::new(Semaphore::new(places as usize)) };
        Ok(self.doors.get_with(item_id, door).await)
    }
}

async fn enter(door: &Semaphore) -> Result<SemaphorePermit<'_>, PortError> {
    let busy = || PortError::Busy {
        port: "gate",
        detail: "nobody was let in for too long".to_owned(),
    };
    let entered = timeout(WAIT, door.acquire()).await.map_err(|_| busy())?;
    entered.map_err(|_| busy())
}

#[async_trait]
impl StockGate for AdmittedGate {
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        self.gate.warm_up(item_id, window).await
    }

    async fn reserve(&self, hold: Hold) -> Result<Decision, PortError> {
        let item_id = hold.item_id;
        let door = self.door(item_id).await?;
        let _place = enter(&door).await?;
        if let Some(returns) = self.marks.sold_out_at(item_id)
            && !hold.asked
        {
            return Ok(Decision::Refused(Refusal::SoldOut { returns }));
        }
        let decision = self.gate.reserve(hold).await;
        if let Ok(Decision::Refused(Refusal::SoldOut { returns })) = decision {
            // Before the next in line enters.
            self.marks.mark(item_id, returns);
        }
        decision
    }

    async fn confirm(&self, unit: Unit) -> Result<(), PortError> {
        self.gate.confirm(unit).await
    }

    async fn release(&self, unit: Unit) -> Result<Released, PortError> {
        let released = self.gate.release(unit).await?;
        self.marks.clear(unit.item_id, released.returns);
        Ok(released)
    }

    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError> {
        self.gate.stock(item_id).await
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        let reconciled = self.gate.reconcile(item_id).await?;
        if let Reconciled::Repaired { returns, .. } = reconciled {
            self.marks.clear(item_id, returns);
        }
        Ok(reconciled)
    }
}
