//! Events of orders: a row for every change, and the messages to buyers and programs about it, written in
//! the change's own transaction.

use app::wire::{OrderEvent, OrderId, OrderMoment};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, QueryOrder,
};
use uuid::Uuid;

use crate::{
    adapters::sql::{
        entity::order_event,
        errors::LedgerError,
        messages::{self, NewMessage, told_of},
        webhooks,
        words::{parsed, word},
    },
    engine::ports::PortError,
};

/// An event of an order.
pub struct NewEvent<'a> {
    pub order_id: Uuid,
    /// The order's buyer.
    pub buyer_id: Uuid,
    pub event: OrderEvent,
    pub actor: &'a str,
}

pub async fn add(
    transaction: &DatabaseTransaction,
    events: impl IntoIterator<Item = NewEvent<'_>>,
    now_ms: i64,
) -> Result<(), LedgerError> {
    let (mut rows, mut messages, mut happened) = (Vec::new(), Vec::new(), Vec::new());
    for new in events {
        happened.extend(webhooks::told_of(new.event).map(|event| (event, new.order_id)));
        messages.extend(told_of(new.event).map(|kind| NewMessage {
            account_id: new.buyer_id,
            order_id: new.order_id,
            kind,
        }));
        rows.push(order_event::ActiveModel {
            id: Set(Uuid::now_v7()),
            order_id: Set(new.order_id),
            event: Set(word(&new.event)?),
            at_ms: Set(now_ms),
            actor: Set(new.actor.to_owned()),
        });
    }
    if !rows.is_empty() {
        // At most two per entry of a batch: far below every database's limit of bind parameters.
        order_event::Entity::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    messages::add(transaction, messages, now_ms).await?;
    webhooks::add(transaction, &happened, now_ms).await
}

/// An order's events, oldest first.
pub async fn of_order(
    read: &impl ConnectionTrait,
    order_id: OrderId,
) -> Result<Vec<order_event::Model>, DbErr> {
    order_event::Entity::find()
        .filter(order_event::Column::OrderId.eq(order_id.0))
        .order_by_asc(order_event::Column::AtMs)
        .order_by_asc(order_event::Column::Id)
        .all(read)
        .await
}

/// The event in the wire's form.
pub fn moment(row: &order_event::Model) -> Result<OrderMoment, PortError> {
    Ok(OrderMoment {
        event: parsed(&row.event)?,
        at_ms: row.at_ms,
    })
}
