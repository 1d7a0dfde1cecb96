//! A gate that records what it holds, for those who poll.

use std::sync::Arc;

use app::wire::ItemId;
use async_trait::async_trait;

use super::Results;
use crate::engine::ports::{Decision, PortError, Reserve, ReserveRequest};

/// Records a held unit before its buyer hears of it, so that the first poll finds it.
pub struct RecordingGate {
    /// The gate that decides.
    pub gate: Arc<dyn Reserve>,
    /// Where pollers look.
    pub results: Results,
}

#[async_trait]
impl Reserve for RecordingGate {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        let unit = request.unit();
        let decision = self.gate.reserve(request).await?;
        if let Decision::Held { position } = decision {
            self.results.record_queued(unit, position).await;
        }
        Ok(decision)
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.gate.is_sold_out(item_id)
    }
}
