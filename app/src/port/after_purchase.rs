//! What shoppers do with an order once they have it, besides paying for it and cancelling it.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, Message, MessageId, OrderId, ShippingAddress, TypedAddress};

/// The life of an order after the purchase. Every method checks who is asking, the limits and the input
/// itself, as those of [`Storefront`](super::Storefront) do.
#[async_trait]
pub trait AfterPurchase: Send + Sync + 'static {
    /// Where one of the caller's orders is sent, if the caller has said so.
    async fn shipping_address(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
    ) -> Result<Option<ShippingAddress>, ApiError>;

    /// Says where one of the caller's orders is sent, or another place.
    ///
    /// # Errors
    /// `invalid` with `name`, `mobile` or `address`; `order_state` when the order is shipped or has ended.
    async fn save_shipping_address(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        typed: TypedAddress,
    ) -> Result<(), ApiError>;

    /// Says that one of the caller's orders came.
    ///
    /// # Errors
    /// `order_state` when it is not on its way.
    async fn confirm_receipt(&self, visitor: &Visitor, order_id: OrderId) -> Result<(), ApiError>;

    /// What the shop told the caller, the latest first, at most 200.
    async fn messages(&self, visitor: &Visitor) -> Result<Vec<Message>, ApiError>;

    /// How many of these the caller has not seen.
    async fn unread_messages(&self, visitor: &Visitor) -> Result<u32, ApiError>;

    /// The caller has seen the messages up to this one.
    async fn read_messages(&self, visitor: &Visitor, up_to: MessageId) -> Result<(), ApiError>;
}
