//! [`Messages`] on SQL, and adding one inside the transaction of the change it reports.

use std::collections::{HashMap, HashSet};

use app::wire::{AccountId, LocalText, Message, MessageId, MessageKind, OrderEvent, OrderId};
use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    entity::{item, message, order},
    missing,
    words::{parsed, word},
};
use crate::engine::ports::{Messages, PortError};

/// A message to a buyer.
pub struct NewMessage {
    pub account_id: Uuid,
    pub order_id: Uuid,
    pub kind: MessageKind,
}

/// The message about an order's event; none if the buyer just caused it and sees the result.
pub fn told_of(event: OrderEvent) -> Option<MessageKind> {
    match event {
        OrderEvent::Ordered => Some(MessageKind::Ordered),
        OrderEvent::Paid => Some(MessageKind::Paid),
        OrderEvent::ClosedUnpaid => Some(MessageKind::ClosedUnpaid),
        OrderEvent::Cancelled => Some(MessageKind::Cancelled),
        OrderEvent::Shipped => Some(MessageKind::Shipped),
        OrderEvent::Refunded => Some(MessageKind::Refunded),
        OrderEvent::Reserved
        | OrderEvent::Received
        | OrderEvent::RefundDue
        | OrderEvent::Refunding => None,
    }
}

pub async fn add(
    transaction: &DatabaseTransaction,
    messages: impl IntoIterator<Item = NewMessage>,
    now_ms: i64,
) -> Result<(), LedgerError> {
    let mut rows = Vec::new();
    for new in messages {
        rows.push(message::ActiveModel {
            id: Set(Uuid::now_v7()),
            account_id: Set(new.account_id),
            order_id: Set(new.order_id),
            kind: Set(word(&new.kind)?),
            at_ms: Set(now_ms),
            read_at_ms: Set(None),
        });
    }
    if !rows.is_empty() {
        // At most two per entry of a batch: far below every database's limit of bind parameters.
        message::Entity::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

#[async_trait]
impl Messages for Sql {
    async fn messages(&self, account_id: AccountId, limit: u32) -> Result<Vec<Message>, PortError> {
        let rows = message::Entity::find()
            .filter(message::Column::AccountId.eq(account_id.0))
            .order_by_desc(message::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        let orders = order::Entity::find()
            .filter(order::Column::Id.is_in(rows.iter().map(|row| row.order_id)))
            .find_also_related(item::Entity)
            .all(&self.read)
            .answer(self)
            .await?;
        let titles: HashMap<OrderId, LocalText> = self
            .with_products(&orders)
            .await?
            .into_iter()
            .map(|order| (order.order_id, order.title))
            .collect();
        rows.into_iter()
            .map(|row| {
                let order_id = OrderId(row.order_id);
                let title = titles.get(&order_id).cloned();
                Ok(Message {
                    message_id: MessageId(row.id),
                    kind: parsed(&row.kind)?,
                    order_id,
                    title: title.ok_or_else(|| missing("order of a message", row.order_id))?,
                    at_ms: row.at_ms,
                    is_read: row.read_at_ms.is_some(),
                })
            })
            .collect()
    }

    async fn unread(&self, account_id: AccountId) -> Result<u32, PortError> {
        let count = message::Entity::find()
            .filter(message::Column::AccountId.eq(account_id.0))
            .filter(message::Column::ReadAtMs.is_null())
            .count(&self.read)
            .answer(self)
            .await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn mark_read(
        &self,
        account_id: AccountId,
        up_to: MessageId,
        now_ms: i64,
    ) -> Result<(), PortError> {
        message::Entity::update_many()
            .col_expr(message::Column::ReadAtMs, Expr::value(now_ms))
            .filter(message::Column::AccountId.eq(account_id.0))
            .filter(message::Column::Id.lte(up_to.0))
            .filter(message::Column::ReadAtMs.is_null())
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn warn_expiring(
        &self,
        now_ms: i64,
        before_ms: i64,
        limit: u32,
    ) -> Result<u32, PortError> {
        let told = Query::select()
            .expr(Expr::val(1))
            .from(message::Entity)
            .and_where(
                Expr::col((message::Entity, message::Column::OrderId))
                    .equals((order::Entity, order::Column::Id)),
            )
            .and_where(message::Column::Kind.eq(word(&MessageKind::ExpiresSoon)?))
            .to_owned();
        let made_before = Expr::col(order::Column::CreatedAtMs)
            .lte(Expr::col(order::Column::PayDeadlineMs).sub(before_ms));
        let due: Vec<Uuid> = order::Entity::find()
            .select_only()
            .column(order::Column::Id)
            .filter(order::Column::State.eq(order::State::PendingPayment))
            .filter(order::Column::PayDeadlineMs.gt(now_ms))
            .filter(order::Column::PayDeadlineMs.lte(now_ms + before_ms))
            // Skips orders made after the warning time.
            .filter(made_before)
            .filter(Expr::exists(told).not())
            .order_by_asc(order::Column::PayDeadlineMs)
            .order_by_asc(order::Column::Id)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        if due.is_empty() {
            return Ok(0);
        }
        let warned = self.transact(
            Duplicate::Answer,
            (due, now_ms),
            |transaction, (due, now_ms)| Box::pin(warn(transaction, due, *now_ms)),
        );
        Ok(warned.await?)
    }

    async fn purge_messages(
        &self,
        before_ms: i64,
        keep: u32,
        limit: u32,
    ) -> Result<u32, PortError> {
        let old: Vec<Uuid> = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(message::Column::AtMs.lt(before_ms))
            .order_by_asc(message::Column::AtMs)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        let mut purged = self
            .delete::<message::Entity>(message::Column::Id, old)
            .await?;
        let too_many = Expr::col(message::Column::Id).count().gt(keep);
        let accounts: Vec<Uuid> = message::Entity::find()
            .select_only()
            .column(message::Column::AccountId)
            .group_by(message::Column::AccountId)
            .having(too_many)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        for account_id in accounts {
            let beyond: Vec<Uuid> = message::Entity::find()
                .select_only()
                .column(message::Column::Id)
                .filter(message::Column::AccountId.eq(account_id))
                .order_by_desc(message::Column::Id)
                .offset(u64::from(keep))
                .limit(u64::from(limit))
                .into_tuple()
                .all(&self.read)
                .answer(self)
                .await?;
            purged += self
                .delete::<message::Entity>(message::Column::Id, beyond)
                .await?;
        }
        Ok(purged)
    }
}

/// Locks the orders: none is paid or closed during this, and no two instances warn of the same one.
async fn warn(
    transaction: &DatabaseTransaction,
    due: &[Uuid],
    now_ms: i64,
) -> Result<u32, LedgerError> {
    let pending = order::Entity::find()
        .filter(order::Column::Id.is_in(due.iter().copied()))
        .filter(order::Column::State.eq(order::State::PendingPayment))
        .order_by_asc(order::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    let told: Vec<Uuid> = message::Entity::find()
        .select_only()
        .column(message::Column::OrderId)
        .filter(message::Column::OrderId.is_in(pending.iter().map(|order| order.id)))
        .filter(message::Column::Kind.eq(word(&MessageKind::ExpiresSoon)?))
        .into_tuple()
        .all(transaction)
        .await?;
    let told: HashSet<Uuid> = told.into_iter().collect();
    let fresh: Vec<_> = pending
        .into_iter()
        .filter(|order| !told.contains(&order.id))
        .map(|order| NewMessage {
            account_id: order.buyer_id,
            order_id: order.id,
            kind: MessageKind::ExpiresSoon,
        })
        .collect();
    let number = fresh.len() as u32;
    add(transaction, fresh, now_ms).await?;
    Ok(number)
}
