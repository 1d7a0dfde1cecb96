//! Delivery addresses, stored apart from accounts and erased some time after the order's end; and the
//! shipping and receipt of orders.

use app::wire::{AccountId, OrderId, Shipment, ShippingAddress};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// The result of saving an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// The address was saved.
    Saved,
    /// The order is shipped or has ended; nothing changed.
    OtherState,
    /// There is no such order, or it is another buyer's.
    NotFound,
}

/// The addresses of orders.
#[async_trait]
pub trait ShippingAddresses: Send + Sync + 'static {
    /// An order's address, if it was entered and is not erased.
    async fn address(&self, order_id: OrderId) -> Result<Option<ShippingAddress>, PortError>;

    /// Saves the address of this buyer's order and replaces an earlier one. Possible while the order waits
    /// for payment or shipping.
    async fn save_address(
        &self,
        order_id: OrderId,
        buyer: AccountId,
        address: &ShippingAddress,
        now_ms: i64,
    ) -> Result<SaveOutcome, PortError>;

    /// Erases addresses of orders that have not changed since `before_ms` and will not be shipped any
    /// more: at most `limit`. Returns how many.
    async fn erase_addresses(&self, before_ms: i64, limit: u32) -> Result<u32, PortError>;
}

/// The result of shipping an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShipOutcome {
    /// It was marked as shipped.
    Shipped,
    /// It is not paid, or no longer; nothing changed.
    OtherState,
    /// It is paid, but has no delivery address; nothing changed.
    NoAddress,
}

/// Shipping and receipt of orders. Each change requires the preceding state: of concurrent calls, only one
/// makes it.
#[async_trait]
pub trait Shipments: Send + Sync + 'static {
    /// Marks a paid order as shipped. The order's history and the activity log record by whom.
    async fn ship(
        &self,
        order_id: OrderId,
        shipment: &Shipment,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<ShipOutcome, PortError>;

    /// Records that the buyer received a shipped order. False, and no change, in other states.
    async fn receive(&self, order_id: OrderId, now_ms: i64) -> Result<bool, PortError>;
}
