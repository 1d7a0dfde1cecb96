//! The ledger's data for reports on rounds, during or after the sale.

use app::wire::{
    CloseReason, FailureCount, ItemDetail, ItemId, OrderState, Round, RoundId, RoundOverview,
};
use async_trait::async_trait;

use super::PortError;

/// The data of an order that a report counts.
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

/// The data of a report, all from one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundFigures {
    pub round: RoundOverview,
    /// The earliest orders.
    pub orders: Vec<ReportedOrder>,
    /// There are more orders.
    pub is_cut: bool,
    /// Failed reservations, by reason.
    pub failures: Vec<FailureCount>,
}

/// Reads for reports. Answers include all completed writes.
#[async_trait]
pub trait RoundReports: Send + Sync + 'static {
    /// One round with its units, at most `limit` orders and its failures, however long ago it ended.
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
