//! A shopper's actions on an order after the purchase, besides paying and cancelling.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, Message, MessageId, OrderId, ShippingAddress, TypedAddress};

/// The life of an order after the purchase. Every method checks the caller, the limits and the input
/// itself, like those of [`Storefront`](super::Storefront).
#[async_trait]
pub trait AfterPurchase: Send + Sync + 'static {
    /// The shipping address of one of the caller's orders, if there is one.
    async fn shipping_address(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
    ) -> Result<Option<ShippingAddress>, ApiError>;

    /// Sets or changes the shipping address of one of the caller's orders.
    ///
    /// # Errors
    /// `invalid` with `name`, `mobile` or `address`; `order_state` when the order is shipped or has ended.
    async fn save_shipping_address(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        typed: TypedAddress,
    ) -> Result<(), ApiError>;

    /// Confirms that one of the caller's orders arrived.
    ///
    /// # Errors
    /// `order_state` when it is not on its way.
    async fn confirm_receipt(&self, visitor: &Visitor, order_id: OrderId) -> Result<(), ApiError>;

    /// The shop's messages to the caller, latest first, at most 200.
    async fn messages(&self, visitor: &Visitor) -> Result<Vec<Message>, ApiError>;

    /// The number of unread messages among these.
    async fn unread_messages(&self, visitor: &Visitor) -> Result<u32, ApiError>;

    /// Marks the messages up to this one as read.
    async fn read_messages(&self, visitor: &Visitor, up_to: MessageId) -> Result<(), ApiError>;
}
