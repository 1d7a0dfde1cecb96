//! The money of an order goes back, shipped or not. The unit stays sold.

use app::wire::OrderId;

use super::{ChangeError, Deps};
use crate::engine::{payments::refund, ports::ChangedBy};

/// Gives it back; a worker sends it.
///
/// # Errors
/// See [`ChangeError`].
pub async fn refund_order(
    deps: &Deps,
    order_id: OrderId,
    by: &ChangedBy,
) -> Result<(), ChangeError> {
    if refund::order(&deps.payments, order_id, by).await? {
        tracing::warn!(%order_id, by = by.name, "somebody gives the money of an order back");
        return Ok(());
    }
    match deps.orders.get(order_id).await? {
        Some(_) => Err(ChangeError::OtherState),
        None => Err(ChangeError::NotFound),
    }
}
