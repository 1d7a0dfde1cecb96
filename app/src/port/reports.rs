//! What came of rounds, for those who run the shop.

use std::sync::Arc;

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, RoundId, RoundReport};

/// Reports. Every method checks who is asking, as those of [`BackOffice`](super::BackOffice) do.
#[async_trait]
pub trait Reports: Send + Sync + 'static {
    /// What came of a round, read at most some seconds ago, whenever it ended. Operators, reviewers, auditors
    /// and administrators.
    ///
    /// # Errors
    /// `not_found`.
    async fn round_report(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
    ) -> Result<Arc<RoundReport>, ApiError>;
}
