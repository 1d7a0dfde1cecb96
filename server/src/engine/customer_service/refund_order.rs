//! Refunds an order, shipped or not. The unit stays sold.

use app::wire::OrderId;

use super::{ChangeError, Deps};
use crate::engine::{payments::refund, ports::ChangedBy};

/// Marks the order as refunding; a worker sends the money.
///
/// # Errors
/// See [`ChangeError`].
pub async fn refund_order(
    deps: &Deps,
    order_id: OrderId,
    by: &ChangedBy,
) -> Result<(), ChangeError> {
    if refund::order(&deps.payments, order_id, by).await? {
        tracing::warn!(%order_id, by = by.name, "staff requested a refund of an order");
        return Ok(());
    }
    match deps.orders.get(order_id).await? {
        Some(_) => Err(ChangeError::OtherState),
        None => Err(ChangeError::NotFound),
    }
}
