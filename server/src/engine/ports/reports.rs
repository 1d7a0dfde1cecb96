//! What the ledger tells of a round when it is over, or while it runs.

use app::wire::{
    CloseReason, FailureCount, ItemDetail, ItemId, OrderState, Round, RoundId, RoundOverview,
};
use async_trait::async_trait;

use super::PortError;

/// Of an order, what a report counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedOrder {
    pub item_id: ItemId,
    /// In fen.
    pub amount: i64,
    pub state: OrderState,
    pub close_reason: Option<CloseReason>,
    /// When the gate held the unit.
    pub held_at_ms: i64,
    pub created_at_ms: i64,
    pub paid_at_ms: Option<i64>,
    pub closed_at_ms: Option<i64>,
}

/// Reads for reports. Answers are never behind a write.
#[async_trait]
pub trait RoundReports: Send + Sync + 'static {
    /// One round with its units, however long ago it ended.
    async fn round_with_units(&self, round_id: RoundId)
    -> Result<Option<RoundOverview>, PortError>;

    /// One round as pages show it, approved or not, with the details of its items.
    async fn round_with_details(
        &self,
        round_id: RoundId,
    ) -> Result<Option<(Round, Vec<ItemDetail>)>, PortError>;

    /// The orders of these items, at most `limit`.
    async fn orders_of_items(
        &self,
        items: &[ItemId],
        limit: u32,
    ) -> Result<Vec<ReportedOrder>, PortError>;

    /// The reservations of these items that came to nothing, by why.
    async fn failures_of_items(&self, items: &[ItemId]) -> Result<Vec<FailureCount>, PortError>;
}
