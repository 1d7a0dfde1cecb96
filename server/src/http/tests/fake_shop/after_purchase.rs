//! Shipping and messages of the fake shop.

use app::{
    port::{AfterPurchase, Visitor},
    wire::{ApiError, Message, MessageId, OrderId, ShippingAddress, TypedAddress},
};
use async_trait::async_trait;

use super::FakeShop;

#[async_trait]
impl AfterPurchase for FakeShop {
    async fn shipping_address(
        &self,
        visitor: &Visitor,
        _: OrderId,
    ) -> Result<Option<ShippingAddress>, ApiError> {
        visitor.signed_in()?;
        Ok(None)
    }

    async fn save_shipping_address(
        &self,
        visitor: &Visitor,
        _: OrderId,
        typed: TypedAddress,
    ) -> Result<(), ApiError> {
        visitor.signed_in()?;
        ShippingAddress::parse(&typed).map(drop)
    }

    async fn confirm_receipt(&self, visitor: &Visitor, _: OrderId) -> Result<(), ApiError> {
        visitor.signed_in()?;
        Err(ApiError::OrderState)
    }

    async fn messages(&self, visitor: &Visitor) -> Result<Vec<Message>, ApiError> {
        visitor.signed_in()?;
        Ok(Vec::new())
    }

    async fn unread_messages(&self, visitor: &Visitor) -> Result<u32, ApiError> {
        visitor.signed_in()?;
        Ok(0)
    }

    async fn read_messages(&self, visitor: &Visitor, _: MessageId) -> Result<(), ApiError> {
        visitor.signed_in()?;
        Ok(())
    }
}
