//! [`ShippingAddresses`] and [`Shipments`] on SQL.

use app::wire::{AccountId, Action, OrderEvent, OrderId, OrderState, Shipment, ShippingAddress};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    activity_log::{self, NewActivity},
    entity::{order, order_address, order_event, shipment},
    orders::events::{self, NewEvent},
    payments::refunds::locked,
};
use crate::engine::ports::{
    ChangedBy, PortError, SaveOutcome, ShipOutcome, Shipments, ShippingAddresses,
};

impl order::State {
    /// States in which the address can still be changed.
    const TO_BE_SHIPPED: [order::State; 2] = [order::State::PendingPayment, order::State::Paid];
    /// States in which nothing will be shipped any more.
    const NOT_TO_BE_SHIPPED: [order::State; 4] = [
        order::State::Shipped,
        order::State::Received,
        order::State::Refunded,
        order::State::Closed,
    ];
}

#[async_trait]
impl ShippingAddresses for Sql {
    async fn address(&self, order_id: OrderId) -> Result<Option<ShippingAddress>, PortError> {
        let found = order_address::Entity::find_by_id(order_id.0)
            .one(&self.read)
            .answer(self)
            .await?;
        Ok(found.map(|row| ShippingAddress {
            name: row.name,
            mobile: row.mobile,
            address: row.address,
        }))
    }

    async fn save_address(
        &self,
        order_id: OrderId,
        buyer: AccountId,
        address: &ShippingAddress,
        now_ms: i64,
    ) -> Result<SaveOutcome, PortError> {
        let row = order_address::Model {
            id: order_id.0,
            name: address.name.clone(),
            mobile: address.mobile.clone(),
            address: address.address.clone(),
            saved_at_ms: now_ms,
        };
        let saved = self.transact(
            Duplicate::Answer,
            (row, buyer),
            |transaction, (row, buyer)| Box::pin(save(transaction, row, *buyer)),
        );
        Ok(saved.await?)
    }

    async fn erase_addresses(&self, before_ms: i64, limit: u32) -> Result<u32, PortError> {
        let id = (order_address::Entity, order_address::Column::Id);
        let has_ended = Query::select()
            .expr(Expr::val(1))
            .from(order::Entity)
            .and_where(Expr::col((order::Entity, order::Column::Id)).equals(id))
            .and_where(order::Column::State.is_in(order::State::NOT_TO_BE_SHIPPED))
            .to_owned();
        let happened_since = Query::select()
            .expr(Expr::val(1))
            .from(order_event::Entity)
            .and_where(Expr::col((order_event::Entity, order_event::Column::OrderId)).equals(id))
            .and_where(order_event::Column::AtMs.gt(before_ms))
            .to_owned();
        let due: Vec<Uuid> = order_address::Entity::find()
            .select_only()
            .column(order_address::Column::Id)
            .filter(order_address::Column::SavedAtMs.lte(before_ms))
            .filter(Expr::exists(has_ended))
            .filter(Expr::exists(happened_since).not())
            .order_by_asc(order_address::Column::SavedAtMs)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        self.delete::<order_address::Entity>(order_address::Column::Id, due)
            .await
    }
}

/// Locks the order, so that it is not shipped between the check of its state and the insert.
async fn save(
    transaction: &DatabaseTransaction,
    row: &order_address::Model,
    buyer: AccountId,
) -> Result<SaveOutcome, LedgerError> {
    let found = order::Entity::find_by_id(row.id)
        .lock_exclusive()
        .one(transaction)
        .await?;
    let Some(order) = found.filter(|order| order.buyer_id == buyer.0) else {
        return Ok(SaveOutcome::NotFound);
    };
    if !order::State::TO_BE_SHIPPED.contains(&order.state) {
        return Ok(SaveOutcome::OtherState);
    }
    order_address::Entity::delete_by_id(row.id)
        .exec(transaction)
        .await?;
    let row = order_address::ActiveModel {
        id: Set(row.id),
        name: Set(row.name.clone()),
        mobile: Set(row.mobile.clone()),
        address: Set(row.address.clone()),
        saved_at_ms: Set(row.saved_at_ms),
    };
    row.insert(transaction).await?;
    Ok(SaveOutcome::Saved)
}

/// How an order was shipped.
pub(super) async fn shipment(
    read: &impl ConnectionTrait,
    order_id: OrderId,
) -> Result<Option<Shipment>, DbErr> {
    let found = shipment::Entity::find_by_id(order_id.0).one(read).await?;
    Ok(found.map(|row| Shipment {
        carrier: row.carrier,
        number: row.number,
    }))
}

#[async_trait]
impl Shipments for Sql {
    async fn ship(
        &self,
        order_id: OrderId,
        shipment: &Shipment,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<ShipOutcome, PortError> {
        let shipped = self.transact(
            Duplicate::Answer,
            (order_id, shipment, by, now_ms),
            |transaction, &(order_id, shipment, by, now_ms)| {
                Box::pin(ship(transaction, order_id, shipment, by, now_ms))
            },
        );
        Ok(shipped.await?)
    }

    async fn receive(&self, order_id: OrderId, now_ms: i64) -> Result<bool, PortError> {
        let received = self.transact(
            Duplicate::Answer,
            (order_id, now_ms),
            |transaction, &(order_id, now_ms)| Box::pin(receive(transaction, order_id, now_ms)),
        );
        Ok(received.await?)
    }
}

/// Moves the order on if it is in the expected state. Returns whether it was.
async fn move_on(
    transaction: &DatabaseTransaction,
    order_id: OrderId,
    from: order::State,
    to: order::State,
) -> Result<bool, LedgerError> {
    let moved = order::Entity::update_many()
        .col_expr(order::Column::State, Expr::value(to))
        .filter(order::Column::Id.eq(order_id.0))
        .filter(order::Column::State.eq(from))
        .exec(transaction)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// Reads the address under the order's lock: until then its buyer can change it.
async fn ship(
    transaction: &DatabaseTransaction,
    order_id: OrderId,
    shipment: &Shipment,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<ShipOutcome, LedgerError> {
    let Some(order) = locked(transaction, order_id.0).await? else {
        return Ok(ShipOutcome::OtherState);
    };
    let (from, to) = (order::State::Paid, order::State::Shipped);
    let address = order_address::Entity::find_by_id(order_id.0)
        .one(transaction)
        .await?;
    if address.is_none() {
        return Ok(match order.state == from {
            true => ShipOutcome::NoAddress,
            false => ShipOutcome::OtherState,
        });
    }
    if !move_on(transaction, order_id, from, to).await? {
        return Ok(ShipOutcome::OtherState);
    }
    let row = shipment::ActiveModel {
        id: Set(order_id.0),
        carrier: Set(shipment.carrier.clone()),
        number: Set(shipment.number.clone()),
    };
    row.insert(transaction).await?;
    let event = NewEvent {
        order_id: order.id,
        buyer_id: order.buyer_id,
        event: OrderEvent::Shipped,
        actor: &by.name,
    };
    events::add(transaction, [event], now_ms).await?;
    let activity = NewActivity {
        action: Action::ShipOrder,
        subject_id: order_id.0,
        old_value: Some(json!({ "state": OrderState::Paid })),
        new_value: Some(json!({
            "state": OrderState::Shipped,
            "carrier": shipment.carrier,
            "number": shipment.number,
        })),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(ShipOutcome::Shipped)
}

async fn receive(
    transaction: &DatabaseTransaction,
    order_id: OrderId,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let Some(order) = locked(transaction, order_id.0).await? else {
        return Ok(false);
    };
    let (from, to) = (order::State::Shipped, order::State::Received);
    if !move_on(transaction, order_id, from, to).await? {
        return Ok(false);
    }
    let event = NewEvent {
        order_id: order.id,
        buyer_id: order.buyer_id,
        event: OrderEvent::Received,
        actor: "buyer",
    };
    events::add(transaction, [event], now_ms).await?;
    Ok(true)
}
