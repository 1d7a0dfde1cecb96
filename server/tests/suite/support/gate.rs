//! A test shop's gate with all three ports, which the engine's modules use separately.

use std::{sync::Arc, time::Duration};

use app::wire::ItemId;
use async_trait::async_trait;
use server::engine::{
    Engine,
    ports::{
        Decision, GateStock, PortError, Reconciled, Release, Released, Reserve, ReserveRequest,
        Restock, StockGate, Unit, Window,
    },
};

/// The engine's gate, including decorators.
#[derive(Clone)]
pub struct EngineGate {
    reserve: Arc<dyn Reserve>,
    restock: Arc<dyn Restock>,
    gate: Arc<dyn StockGate>,
}

impl EngineGate {
    pub fn of(engine: &Engine, reserve: Arc<dyn Reserve>) -> Self {
        Self {
            reserve,
            restock: engine.stock.restock.clone(),
            gate: engine.stock.gate.clone(),
        }
    }
}

#[async_trait]
impl Reserve for EngineGate {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        self.reserve.reserve(request).await
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.reserve.is_sold_out(item_id)
    }
}

#[async_trait]
impl Restock for EngineGate {
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError> {
        self.restock.release(unit, release).await
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        self.restock.reconcile(item_id).await
    }
}

#[async_trait]
impl StockGate for EngineGate {
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        self.gate.warm_up(item_id, window).await
    }

    async fn confirm(&self, unit: Unit) -> Result<(), PortError> {
        self.gate.confirm(unit).await
    }

    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError> {
        self.gate.stock(item_id).await
    }
}

/// The first pause before a retry; doubled each time, partly random…
const FIRST_PAUSE_MS: u64 = 20;
/// …up to this: a thousand concurrent callers must not overload the gate with retries.
const LONGEST_PAUSE_MS: u64 = 2_000;
/// A few minutes in total.
const ASKED: u32 = 100;

/// Retries until there is a decision: "busy" is none, and may come after a unit was held.
pub async fn reserve(gate: &dyn Reserve, mut request: ReserveRequest) -> Decision {
    let mut pause_ms = FIRST_PAUSE_MS;
    for _ in 0..ASKED {
        match gate.reserve(request.clone()).await {
            Err(PortError::Busy { .. }) => request.asked_before = true,
            answer => return answer.unwrap(),
        }
        let jitter = request.unit.buyer.0.as_u128() as u64 % pause_ms;
        tokio::time::sleep(Duration::from_millis(pause_ms + jitter)).await;
        pause_ms = (pause_ms * 2).min(LONGEST_PAUSE_MS);
    }
    panic!("the gate is always busy");
}
