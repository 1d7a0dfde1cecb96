//! A buyer enters the delivery address of an order.

use app::wire::{AccountId, OrderId, ShippingAddress};

use super::{Deps, ShippingError};
use crate::engine::{
    limit,
    ports::{Limit, SaveOutcome},
};

/// The address of this buyer's order.
///
/// # Errors
/// See [`ShippingError`].
pub async fn of_order(
    deps: &Deps,
    buyer: AccountId,
    order_id: OrderId,
) -> Result<Option<ShippingAddress>, ShippingError> {
    let order = deps.orders.get(order_id).await?;
    if order.is_none_or(|order| order.buyer != buyer) {
        return Err(ShippingError::NotFound);
    }
    Ok(deps.addresses.address(order_id).await?)
}

/// Saves the address and replaces an earlier one.
///
/// # Errors
/// See [`ShippingError`].
pub async fn save(
    deps: &Deps,
    buyer: AccountId,
    order_id: OrderId,
    address: &ShippingAddress,
) -> Result<(), ShippingError> {
    limit::count(&*deps.limits, Limit::ChangeOrder(buyer)).await?;
    let now_ms = deps.clock.now_ms();
    let saved = deps
        .addresses
        .save_address(order_id, buyer, address, now_ms);
    match saved.await? {
        SaveOutcome::Saved => Ok(()),
        SaveOutcome::OtherState => Err(ShippingError::OtherState),
        SaveOutcome::NotFound => Err(ShippingError::NotFound),
    }
}
