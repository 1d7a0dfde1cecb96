//! Many orders at once, for staff.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, CheckedList, OrderId, OrderList, OrderQuery, ShipLine};

/// Actions on many orders. Every method checks the caller, like those of [`BackOffice`](super::BackOffice).
#[async_trait]
pub trait BulkOrders: Send + Sync + 'static {
    /// Records in the activity log that this query's orders are exported. Operators, auditors and
    /// administrators.
    async fn begin_export(&self, visitor: &Visitor, query: &OrderQuery) -> Result<(), ApiError>;

    /// A part of the export: as many orders as are read at once, newest first, made before `before`.
    async fn export_part(
        &self,
        visitor: &Visitor,
        query: OrderQuery,
        before: Option<OrderId>,
    ) -> Result<OrderList, ApiError>;

    /// Ships a list's orders, all or none: a wrong line stops everything. Without `ship` it only reports what
    /// would happen. A repeat ships nothing twice. Operators and administrators.
    ///
    /// # Errors
    /// `invalid` with `lines` for too many lines.
    async fn ship_list(
        &self,
        visitor: &Visitor,
        lines: Vec<ShipLine>,
        ship: bool,
    ) -> Result<CheckedList, ApiError>;
}
