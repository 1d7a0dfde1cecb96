//! A gate whose "held" pollers hear of at once.

use std::sync::Arc;

use app::wire::ItemId;
use async_trait::async_trait;

use super::Results;
use crate::engine::ports::{
    Decision, GateStock, Hold, PortError, Reconciled, Released, StockGate, Unit, Window,
};

/// Notes what was held before the buyer hears of it, so that the first poll finds it. Everything
/// else passes through.
pub struct AnsweredGate {
    /// Decides.
    pub gate: Arc<dyn StockGate>,
    /// What pollers see.
    pub results: Results,
}

#[async_trait]
impl StockGate for AnsweredGate {
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        self.gate.warm_up(item_id, window).await
    }

    async fn reserve(&self, hold: Hold) -> Result<Decision, PortError> {
        let unit = hold.unit();
        let decision = self.gate.reserve(hold).await?;
        if let Decision::Held { position } = decision {
            self.results.queued(unit, position).await;
        }
        Ok(decision)
    }

    async fn confirm(&self, unit: Unit) -> Result<(), PortError> {
        self.gate.confirm(unit).await
    }

    async fn release(&self, unit: Unit) -> Result<Released, PortError> {
        self.gate.release(unit).await
    }

    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError> {
        self.gate.stock(item_id).await
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        self.gate.reconcile(item_id).await
    }
}
