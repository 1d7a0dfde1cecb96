//! A buyer confirms that an order arrived.

use app::wire::{AccountId, OrderId};

use super::{Deps, ShippingError};
use crate::engine::{limit, ports::Limit};

/// Confirms the receipt, once.
///
/// # Errors
/// See [`ShippingError`].
pub async fn receive(
    deps: &Deps,
    buyer: AccountId,
    order_id: OrderId,
) -> Result<(), ShippingError> {
    limit::count(&*deps.limits, Limit::ChangeOrder(buyer)).await?;
    let order = deps.orders.get(order_id).await?;
    if order.is_none_or(|order| order.buyer != buyer) {
        return Err(ShippingError::NotFound);
    }
    let now_ms = deps.clock.now_ms();
    match deps.shipments.receive(order_id, now_ms).await? {
        true => Ok(()),
        false => Err(ShippingError::OtherState),
    }
}
