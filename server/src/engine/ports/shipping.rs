//! Where orders are sent. Kept apart from the accounts, and erased some time after the order's end.

use app::wire::{AccountId, OrderId, ShippingAddress};
use async_trait::async_trait;

use super::PortError;

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
