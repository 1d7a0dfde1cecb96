//! [`app::port::CustomerService`] over the engine: checks the permission, calls one use case.

use app::{
    port::{Confirmation, CustomerService, Visitor},
    wire::{
        AccountId, ApiError, BuyerHistory, BuyerList, OrderHistory, OrderId, OrderList, OrderQuery,
        PaymentGroup, PaymentId, PaymentList, Permission, Reason, Shipment,
    },
};
use async_trait::async_trait;

use super::{ban_buyer, look_up, refund_order, ship_order};
use crate::engine::{
    back_office::calls::{OfficeCalls, permitted},
    ports::ChangedBy,
    storefront::people,
    wire_errors::port_error,
};

impl OfficeCalls {
    /// Checks the confirmation of a step that needs one, and returns the caller.
    pub(in crate::engine) async fn confirmed(
        &self,
        permission: Permission,
        visitor: &Visitor,
        confirmation: Confirmation,
    ) -> Result<ChangedBy, ApiError> {
        let me = permitted(permission, visitor)?;
        let reason = Reason::parse(&confirmation.reason)?.as_str().to_owned();
        let people = &self.customers.people;
        people::confirm(people, visitor, me.account_id, confirmation.password).await?;
        Ok(ChangedBy::account(me, visitor.ip, Some(reason)))
    }
}

#[async_trait]
impl CustomerService for OfficeCalls {
    async fn orders(&self, visitor: &Visitor, query: OrderQuery) -> Result<OrderList, ApiError> {
        permitted(Permission::SeeOrders, visitor)?;
        let found = look_up::orders(&self.customers, query).await;
        found.map_err(port_error)
    }

    async fn order(&self, visitor: &Visitor, order_id: OrderId) -> Result<OrderHistory, ApiError> {
        let me = permitted(Permission::SeeOrders, visitor)?;
        let sees_address = Permission::ShipOrders.is_given_to(me.role);
        let found = look_up::order(&self.customers, order_id, sees_address).await;
        found.map_err(port_error)?.ok_or(ApiError::NotFound)
    }

    async fn refund(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        confirmation: Confirmation,
    ) -> Result<(), ApiError> {
        let by = self.confirmed(Permission::RefundOrders, visitor, confirmation);
        let by = by.await?;
        Ok(refund_order::refund_order(&self.customers, order_id, &by).await?)
    }

    async fn ship(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        carrier: &str,
        number: &str,
    ) -> Result<(), ApiError> {
        let me = permitted(Permission::ShipOrders, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let shipment = Shipment::parse(carrier, number)?;
        Ok(ship_order::ship_order(&self.customers, order_id, &shipment, &by).await?)
    }

    async fn buyers(
        &self,
        visitor: &Visitor,
        search: Option<String>,
        before: Option<AccountId>,
    ) -> Result<BuyerList, ApiError> {
        permitted(Permission::SeeBuyers, visitor)?;
        let found = look_up::buyers(&self.customers, search, before).await;
        found.map_err(port_error)
    }

    async fn buyer(
        &self,
        visitor: &Visitor,
        account_id: AccountId,
    ) -> Result<BuyerHistory, ApiError> {
        permitted(Permission::SeeBuyers, visitor)?;
        let found = look_up::buyer(&self.customers, account_id).await;
        found.map_err(port_error)?.ok_or(ApiError::NotFound)
    }

    async fn set_banned(
        &self,
        visitor: &Visitor,
        account_id: AccountId,
        banned: bool,
        confirmation: Confirmation,
    ) -> Result<(), ApiError> {
        let by = self.confirmed(Permission::BanBuyers, visitor, confirmation);
        let by = by.await?;
        Ok(ban_buyer::set_banned(&self.customers, account_id, banned, &by).await?)
    }

    async fn payments(
        &self,
        visitor: &Visitor,
        group: Option<PaymentGroup>,
        before: Option<PaymentId>,
    ) -> Result<PaymentList, ApiError> {
        permitted(Permission::SeeMoney, visitor)?;
        let found = look_up::payments(&self.customers, group, before).await;
        found.map_err(port_error)
    }
}
