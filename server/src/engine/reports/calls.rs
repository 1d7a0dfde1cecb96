//! [`app::port::Reports`] over the engine: checks the caller's permission.

use std::sync::Arc;

use app::{
    port::{Reports, Visitor},
    wire::{ApiError, ItemDetail, Permission, Round, RoundId, RoundReport},
};
use async_trait::async_trait;

use crate::engine::{
    back_office::calls::{OfficeCalls, permitted},
    wire_errors::port_error,
};

#[async_trait]
impl Reports for OfficeCalls {
    async fn round_report(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
    ) -> Result<Arc<RoundReport>, ApiError> {
        permitted(Permission::SeeReports, visitor)?;
        let report = self.reports.report(round_id).await;
        report.map_err(port_error)?.ok_or(ApiError::NotFound)
    }

    async fn round_preview(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
    ) -> Result<(Round, Vec<ItemDetail>), ApiError> {
        permitted(Permission::SeeRounds, visitor)?;
        let found = self.reports.ledger.round_with_details(round_id).await;
        found.map_err(port_error)?.ok_or(ApiError::NotFound)
    }
}
