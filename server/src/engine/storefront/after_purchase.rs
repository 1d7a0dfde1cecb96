//! [`app::port::AfterPurchase`] over the engine.

use app::{
    port::{AfterPurchase, Visitor},
    wire::{ApiError, Message, MessageId, OrderId, ShippingAddress, TypedAddress},
};
use async_trait::async_trait;

use super::{CLOSE_CHANGES, ShopFront, recorded};
use crate::engine::{
    messages::KEPT,
    shipping::{address, receive::receive},
    wire_errors::port_error,
};

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
        self.engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let parsed = ShippingAddress::parse(&typed)?;
        let saved = address::save(&self.engine.shipping, buyer, order_id, &parsed).await;
        recorded(visitor, saved.map_err(ApiError::from))
    }

    async fn confirm_receipt(&self, visitor: &Visitor, order_id: OrderId) -> Result<(), ApiError> {
        let buyer = visitor.signed_in()?.account_id;
        self.engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let received = receive(&self.engine.shipping, buyer, order_id).await;
        recorded(visitor, received.map_err(ApiError::from))
    }

    async fn messages(&self, visitor: &Visitor) -> Result<Vec<Message>, ApiError> {
        let me = visitor.signed_in()?.account_id;
        let found = self.engine.messages.messages.messages(me, KEPT).await;
        found.map_err(port_error)
    }

    async fn unread_messages(&self, visitor: &Visitor) -> Result<u32, ApiError> {
        let me = visitor.signed_in()?.account_id;
        let unread = self.engine.messages.messages.unread(me).await;
        Ok(unread.map_err(port_error)?.min(KEPT))
    }

    async fn read_messages(&self, visitor: &Visitor, up_to: MessageId) -> Result<(), ApiError> {
        let me = visitor.signed_in()?.account_id;
        self.engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let messages = &self.engine.messages;
        let now_ms = messages.clock.now_ms();
        let marked = messages.messages.mark_read(me, up_to, now_ms).await;
        marked.map_err(port_error)
    }
}
