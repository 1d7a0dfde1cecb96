//! Many orders at once, for those who run the shop.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, CheckedList, OrderId, OrderList, OrderQuery, ShipLine};

/// What is done with many orders. Every method checks who is asking, as those of
/// [`BackOffice`](super::BackOffice) do.
#[async_trait]
pub trait BulkOrders: Send + Sync + 'static {
    /// Notes in the activity log that the orders of this query are taken away as a file. Operators, auditors and
    /// administrators.
    async fn begin_export(&self, visitor: &Visitor, query: &OrderQuery) -> Result<(), ApiError>;

    /// A part of the file: as many orders as are read at once, newest first, made before `before`.
    async fn export_part(
        &self,
        visitor: &Visitor,
        query: OrderQuery,
        before: Option<OrderId>,
    ) -> Result<OrderList, ApiError>;

    /// Ships the orders of a list, all or none: where a line is wrong nothing is done. Without `ship` it is only
    /// said what would be done. A repeat ships nothing twice. Operators and administrators.
    ///
    /// # Errors
    /// `invalid` with `lines` for more lines than are taken at once.
    async fn ship_list(
        &self,
        visitor: &Visitor,
        lines: Vec<ShipLine>,
        ship: bool,
    ) -> Result<CheckedList, ApiError>;
}
