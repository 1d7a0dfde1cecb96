//! [`app::port::AfterPurchase`] over the engine.

use app::{
    port::{AfterPurchase, Visitor},
    wire::{ApiError, OrderId, ShippingAddress, TypedAddress},
};
use async_trait::async_trait;

use super::{ShopFront, recorded};
use crate::engine::shipping::{address, receive::receive};

#[async_trait]
impl AfterPurchase for ShopFront {
    async fn shipping_address(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
    ) -> Result<Option<ShippingAddress>, ApiError> {
        let buyer = visitor.signed_in()?.account_id;
        Ok(address::of_order(&self.engine.shipping, buyer, order_id).await?)
    }

    async fn save_shipping_address(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        typed: TypedAddress,
    ) -> Result<(), ApiError> {
        let buyer = visitor.signed_in()?.account_id;
        let parsed = ShippingAddress::parse(&typed)?;
        let saved = address::save(&self.engine.shipping, buyer, order_id, &parsed).await;
        recorded(visitor, saved.map_err(ApiError::from))
    }

    async fn confirm_receipt(&self, visitor: &Visitor, order_id: OrderId) -> Result<(), ApiError> {
        let buyer = visitor.signed_in()?.account_id;
        let received = receive(&self.engine.shipping, buyer, order_id).await;
        recorded(visitor, received.map_err(ApiError::from))
    }
}
