//! [`app::port::BulkOrders`] over the engine: checks the caller's permission, calls one use case.

use app::{
    port::{BulkOrders, Visitor},
    wire::{
        Action, ApiError, CheckedList, Mobile, OrderId, OrderList, OrderQuery, Permission, ShipLine,
    },
};
use async_trait::async_trait;
use serde_json::json;

use super::{look_up, ship_list};
use crate::engine::{
    back_office::calls::{OfficeCalls, permitted},
    ports::ChangedBy,
    wire_errors::port_error,
};

/// Most characters of a search that are written into the activity log, which is never erased.
const NOTED: usize = 100;

/// The search without mobile numbers: they are buyers' data, and the log is never erased.
fn noted_search(search: &str) -> String {
    match Mobile::parse(search) {
        Ok(mobile) => mobile.masked(),
        Err(_) => search.chars().take(NOTED).collect(),
    }
}

#[async_trait]
impl BulkOrders for OfficeCalls {
    async fn begin_export(&self, visitor: &Visitor, query: &OrderQuery) -> Result<(), ApiError> {
        let me = permitted(Permission::ExportOrders, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let deps = &self.customers;
        let what = json!({
            "search": query.search.as_deref().map(noted_search),
            "state": query.state,
            "item_id": query.item_id,
        });
        let (subject, now_ms) = (me.account_id.0, deps.clock.now_ms());
        let noted = deps
            .activity_log
            .note(Action::ExportOrders, subject, what, &by, now_ms);
        noted.await.map_err(port_error)?;
        tracing::warn!(account_id = %me.account_id, "orders are exported as a file");
        Ok(())
    }

    async fn export_part(
        &self,
        visitor: &Visitor,
        query: OrderQuery,
        before: Option<OrderId>,
    ) -> Result<OrderList, ApiError> {
        permitted(Permission::ExportOrders, visitor)?;
        let query = OrderQuery { before, ..query };
        let found = look_up::orders_at_once(&self.customers, query).await;
        found.map_err(port_error)
    }

    async fn ship_list(
        &self,
        visitor: &Visitor,
        lines: Vec<ShipLine>,
        ship: bool,
    ) -> Result<CheckedList, ApiError> {
        let me = permitted(Permission::ShipOrders, visitor)?;
        if lines.is_empty() || lines.len() > ship_list::MOST_LINES {
            return Err(ApiError::Invalid {
                field: "lines".to_owned(),
            });
        }
        let by = ChangedBy::account(me, visitor.ip, None);
        let list = match ship {
            true => ship_list::ship(&self.customers, lines, &by).await,
            false => ship_list::check(&self.customers, lines).await,
        };
        list.map_err(port_error)
    }
}
