//! Where orders are sent, kept apart from the accounts and erased some time after the order's end; and that
//! they were sent and came.

use app::wire::{AccountId, OrderId, Shipment, ShippingAddress};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// What became of an address that was to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It is the order's now.
    Saved,
    /// The order is shipped or has ended; nothing changed.
    OtherState,
    /// No such order, or somebody else's.
    NotFound,
}

/// The addresses of orders.
#[async_trait]
pub trait ShippingAddresses: Send + Sync + 'static {
    /// An order's, if somebody has said it and it is not erased.
    async fn address(&self, order_id: OrderId) -> Result<Option<ShippingAddress>, PortError>;

    /// Saves the address of this buyer's order, in place of an earlier one, as long as the order waits for
    /// payment or to be shipped.
    async fn save_address(
        &self,
        order_id: OrderId,
        buyer: AccountId,
        address: &ShippingAddress,
        now_ms: i64,
    ) -> Result<SaveOutcome, PortError>;

    /// Erases addresses of orders to which nothing has happened since `before_ms` and to which nothing
    /// will be sent any more: at most `limit`. Returns how many.
    async fn erase_addresses(&self, before_ms: i64, limit: u32) -> Result<u32, PortError>;
}

/// What became of an order that was to be shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShipOutcome {
    /// It is on its way.
    Shipped,
    /// It was not paid, or not any more; nothing changed.
    OtherState,
    /// It is paid, and nobody has said where to send it; nothing changed.
    NoAddress,
}

/// Orders on their way. Each change is made only in the state that it leaves: of several who make one at the
/// same moment, one does.
#[async_trait]
pub trait Shipments: Send + Sync + 'static {
    /// A paid order is on its way. The history of the order and the activity log say who sent it.
    async fn ship(
        &self,
        order_id: OrderId,
        shipment: &Shipment,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<ShipOutcome, PortError>;

    /// A shipped order came, says its buyer. False when it was in another state; nothing changed then.
    async fn receive(&self, order_id: OrderId, now_ms: i64) -> Result<bool, PortError>;
}
