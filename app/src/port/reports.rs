//! Reports and previews of rounds, for staff.

use std::sync::Arc;

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, ItemDetail, Round, RoundId, RoundReport};

/// Reports and previews. Every method checks the caller, like those of [`BackOffice`](super::BackOffice).
#[async_trait]
pub trait Reports: Send + Sync + 'static {
    /// A round's results, read at most some seconds ago, whenever it ended. Operators, reviewers, auditors and
    /// administrators.
    ///
    /// # Errors
    /// `not_found`.
    async fn round_report(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
    ) -> Result<Arc<RoundReport>, ApiError>;

    /// A round with the details of its items, approved or not, for a preview of its pages. All staff.
    ///
    /// # Errors
    /// `not_found`.
    async fn round_preview(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
    ) -> Result<(Round, Vec<ItemDetail>), ApiError>;
}
