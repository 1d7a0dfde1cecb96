//! A gate whose "held" pollers hear of at once.

use std::sync::Arc;

use app::wire::ItemId;
use async_trait::async_trait;

use super::Results;
use crate::engine::ports::{Decision, PortError, Reserve, ReserveRequest};

/// Notes what was held before the buyer hears of it, so that the first poll finds it.
pub struct AnsweredGate {
    /// Decides.
    pub gate: Arc<dyn Reserve>,
    /// What pollers see.
    pub results: Results,
}

#[async_trait]
impl Reserve for AnsweredGate {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        let unit = request.unit();
        let decision = self.gate.reserve(request).await?;
        if let Decision::Held { position } = decision {
            self.results.queued(unit, position).await;
        }
        Ok(decision)
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.gate.is_sold_out(item_id)
    }
}
