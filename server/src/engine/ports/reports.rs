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

/// What a report is made of, of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundFigures {
    pub round: RoundOverview,
    /// The first orders that were made.
    pub orders: Vec<ReportedOrder>,
    /// There are more.
    pub is_cut: bool,
    /// Reservations that came to nothing, by why.
    pub failures: Vec<FailureCount>,
}

/// Reads for reports. Answers are never behind a write.
#[async_trait]
pub trait RoundReports: Send + Sync + 'static {
    /// One round with its units, at most `limit` of its orders and its failures, however long ago it ended.
    async fn figures(
        &self,
        round_id: RoundId,
        limit: u32,
    ) -> Result<Option<RoundFigures>, PortError>;

    /// One round as pages show it, approved or not, with the details of its items.
    async fn round_with_details(
        &self,
        round_id: RoundId,
    ) -> Result<Option<(Round, Vec<ItemDetail>)>, PortError>;
}
