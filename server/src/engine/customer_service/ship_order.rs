//! Ships a paid order.

use app::wire::{OrderId, Shipment};

use super::{ChangeError, Deps};
use crate::engine::ports::{ChangedBy, ShipOutcome};

/// Marks an order as shipped. Of several calls at the same moment, one does it.
///
/// # Errors
/// See [`ChangeError`].
pub async fn ship_order(
    deps: &Deps,
    order_id: OrderId,
    shipment: &Shipment,
    by: &ChangedBy,
) -> Result<(), ChangeError> {
    let now_ms = deps.clock.now_ms();
    let shipments = &deps.shipping.shipments;
    match shipments.ship(order_id, shipment, by, now_ms).await? {
        ShipOutcome::Shipped => {
            tracing::info!(%order_id, by = by.name, "an order was shipped");
            Ok(())
        }
        ShipOutcome::NoAddress => Err(ChangeError::NoAddress),
        ShipOutcome::OtherState => match deps.orders.get(order_id).await? {
            Some(_) => Err(ChangeError::OtherState),
            None => Err(ChangeError::NotFound),
        },
    }
}
