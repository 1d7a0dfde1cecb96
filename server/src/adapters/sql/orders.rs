//! The ports of orders on SQL: reads and transactions. The transactions' steps are in `write`, `ends` and
//! `close`.

mod at_once;
mod close;
pub(super) mod ends;
pub(super) mod events;
pub(super) mod units;
mod write;

use app::wire::{
    AccountId, CloseReason, ItemId, LocalText, Money, Order, OrderId, OrderState, Rejection,
    ReservationId,
};
use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Answer, Duplicate, Sql,
    entity::{item, order, product, reservation},
    missing, payments, shipping,
};
use crate::engine::ports::{
    CloseOutcome, OrderCloser, OrderReader, OrderRecord, OrderWriter, OverdueOrder, PortError,
    QueuedReservation, WriteOutcome,
};

impl From<order::State> for OrderState {
    fn from(state: order::State) -> Self {
        match state {
            order::State::PendingPayment => OrderState::PendingPayment,
            order::State::Paid => OrderState::Paid,
            order::State::Shipped => OrderState::Shipped,
            order::State::Received => OrderState::Received,
            order::State::Refunding => OrderState::Refunding,
            order::State::Refunded => OrderState::Refunded,
            order::State::Closed => OrderState::Closed,
        }
    }
}

impl From<OrderState> for order::State {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::PendingPayment => order::State::PendingPayment,
            OrderState::Paid => order::State::Paid,
            OrderState::Shipped => order::State::Shipped,
            OrderState::Received => order::State::Received,
            OrderState::Refunding => order::State::Refunding,
            OrderState::Refunded => order::State::Refunded,
            OrderState::Closed => order::State::Closed,
        }
    }
}

impl From<order::CloseReason> for CloseReason {
    fn from(reason: order::CloseReason) -> Self {
        match reason {
            order::CloseReason::Unpaid => CloseReason::Unpaid,
            order::CloseReason::Cancelled => CloseReason::Cancelled,
        }
    }
}

impl From<CloseReason> for order::CloseReason {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::Unpaid => order::CloseReason::Unpaid,
            CloseReason::Cancelled => order::CloseReason::Cancelled,
        }
    }
}

fn to_wire(row: &order::Model, product: product::Model) -> Order {
    Order {
        order_id: OrderId(row.id),
        item_id: ItemId(row.item_id),
        title: LocalText {
            zh: product.title_zh,
            en: product.title_en,
        },
        picture_url: product.picture_url,
        amount: Money(row.amount),
        state: row.state.into(),
        close_reason: row.close_reason.map(Into::into),
        created_at_ms: row.created_at_ms,
        pay_deadline_ms: row.pay_deadline_ms,
    }
}

#[async_trait]
impl OrderWriter for Sql {
    async fn can_write(&self) -> Result<(), PortError> {
        self.write.ping().answer(self).await
    }

    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let written = self.transact(
            Duplicate::Again,
            (self, batch, now_ms),
            |transaction, &(sql, batch, now_ms)| {
                Box::pin(write::write(sql, transaction, batch, now_ms))
            },
        );
        let written = written.await?;
        self.writes.confirm();
        Ok(written)
    }

    async fn fail(
        &self,
        batch: &[QueuedReservation],
        reason: Rejection,
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let failed = self.transact(
            Duplicate::Again,
            (batch, reason, now_ms),
            |transaction, &(batch, reason, now_ms)| {
                Box::pin(ends::fail_queued(transaction, batch, reason, now_ms))
            },
        );
        Ok(failed.await?)
    }
}

#[async_trait]
impl OrderCloser for Sql {
    async fn overdue(
        &self,
        now_ms: i64,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<OverdueOrder>, PortError> {
        let overdue: Vec<(Uuid, i64)> = order::Entity::find()
            .select_only()
            .columns([order::Column::Id, order::Column::PayDeadlineMs])
            .filter(order::Column::State.eq(order::State::PendingPayment))
            .filter(order::Column::PayDeadlineMs.lte(now_ms))
            .order_by_asc(order::Column::PayDeadlineMs)
            .order_by_asc(order::Column::Id)
            .offset(u64::from(skip))
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        let overdue = overdue
            .into_iter()
            .map(|(id, pay_deadline_ms)| OverdueOrder {
                order_id: OrderId(id),
                pay_deadline_ms,
            });
        Ok(overdue.collect())
    }

    async fn close(
        &self,
        order_ids: &[OrderId],
        reason: CloseReason,
        actor: &'static str,
        now_ms: i64,
    ) -> Result<Vec<CloseOutcome>, PortError> {
        if order_ids.is_empty() {
            return Ok(Vec::new());
        }
        let closed = self.transact(
            Duplicate::Answer,
            (order_ids, reason, actor, now_ms),
            |transaction, &(order_ids, reason, actor, now_ms)| {
                Box::pin(close::close(transaction, order_ids, reason, actor, now_ms))
            },
        );
        Ok(closed.await?)
    }
}

impl Sql {
    /// Orders in the wire's form, in the same order.
    pub(super) async fn with_products(
        &self,
        rows: &[(order::Model, Option<item::Model>)],
    ) -> Result<Vec<Order>, PortError> {
        let product_ids = rows
            .iter()
            .filter_map(|(_, item)| item.as_ref())
            .map(|item| item.product_id);
        let products = product::Entity::find()
            .filter(product::Column::Id.is_in(product_ids))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.iter()
            .map(|(row, item)| {
                let product = item.as_ref().and_then(|item| {
                    products
                        .iter()
                        .find(|product| product.id == item.product_id)
                        .cloned()
                });
                let product = product.ok_or_else(|| missing("product of item", row.item_id))?;
                Ok(to_wire(row, product))
            })
            .collect()
    }
}

#[async_trait]
impl OrderReader for Sql {
    async fn of_buyer(&self, buyer: AccountId, limit: u32) -> Result<Vec<Order>, PortError> {
        let rows = order::Entity::find()
            .filter(order::Column::BuyerId.eq(buyer.0))
            .order_by_desc(order::Column::CreatedAtMs)
            .order_by_desc(order::Column::Id)
            .limit(u64::from(limit))
            .find_also_related(item::Entity)
            .all(&self.read)
            .answer(self)
            .await?;
        self.with_products(&rows).await
    }

    async fn get(&self, order_id: OrderId) -> Result<Option<OrderRecord>, PortError> {
        let found = order::Entity::find_by_id(order_id.0)
            .find_also_related(reservation::Entity)
            .one(&self.read)
            .answer(self)
            .await?;
        let Some((row, reservation)) = found else {
            return Ok(None);
        };
        let reservation = reservation.ok_or_else(|| missing("reservation", row.reservation_id))?;
        let (_, product) = item::Entity::find_by_id(row.item_id)
            .find_also_related(product::Entity)
            .one(&self.read)
            .answer(self)
            .await?
            .ok_or_else(|| missing("item", row.item_id))?;
        let product = product.ok_or_else(|| missing("product of item", row.item_id))?;
        let events = events::of_order(&self.read, order_id).answer(self).await?;
        let (paying, refund) = payments::of_order_page(&self.read, order_id)
            .answer(self)
            .await?;
        let shipment = match row.state.is_sold() {
            true => {
                shipping::shipment(&self.read, order_id)
                    .answer(self)
                    .await?
            }
            false => None,
        };
        Ok(Some(OrderRecord {
            order: to_wire(&row, product),
            buyer: AccountId(row.buyer_id),
            reservation_id: ReservationId(row.reservation_id),
            held_at_ms: reservation.held_at_ms,
            events: events
                .iter()
                .map(events::moment)
                .collect::<Result<_, _>>()?,
            paying,
            refund,
            shipment,
        }))
    }
}
