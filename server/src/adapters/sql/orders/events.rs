//! What happened to orders: a row for every change, the message that tells its buyer, and those that tell
//! programs, written in the change's own transaction.

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

/// Something that happened to an order.
pub struct NewEvent<'a> {
    pub order_id: Uuid,
    /// Whose order it is.
    pub buyer_id: Uuid,
    pub event: OrderEvent,
    /// Who did it.
    pub actor: &'a str,
}

/// Writes them down.
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
        // Two an entry of a batch at most: far below every database's limit of bind parameters.
        order_event::Entity::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    messages::add(transaction, messages, now_ms).await?;
    webhooks::add(transaction, &happened, now_ms).await
}

/// An order's, oldest first.
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

/// As the wire shows it.
pub fn moment(row: &order_event::Model) -> Result<OrderMoment, PortError> {
    Ok(OrderMoment {
        event: parsed(&row.event)?,
        at_ms: row.at_ms,
    })
}
