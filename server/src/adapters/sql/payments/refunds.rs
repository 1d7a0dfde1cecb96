//! [`Refunds`] on SQL.

use app::wire::{Action, OrderEvent, OrderId, OrderState, PaymentId, RefundReason};
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use super::record;
use crate::{
    adapters::sql::{
        Answer, Duplicate, LedgerError, Sql,
        activity_log::{self, NewActivity},
        entity::{order, payment},
        inconsistent,
        orders::{
            ends::lock,
            events::{self, NewEvent},
        },
        webhooks,
        words::word,
    },
    engine::ports::{ChangedBy, PaymentRecord, PortError, Refunds, WebhookEvent},
};

/// The actor in the orders' history.
const ACTOR: &str = "refund";

#[async_trait]
impl Refunds for Sql {
    async fn due(&self, now_ms: i64, limit: u32) -> Result<Vec<PaymentRecord>, PortError> {
        let rows = payment::Entity::find()
            .filter(payment::Column::State.is_in(payment::State::OWED))
            .filter(payment::Column::RefundTryAtMs.lte(now_ms))
            .order_by_asc(payment::Column::RefundTryAtMs)
            .order_by_asc(payment::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(record).collect()
    }

    async fn trying(&self, payment_id: PaymentId, next_try_ms: i64) -> Result<bool, PortError> {
        let changed = payment::Entity::update_many()
            .col_expr(
                payment::Column::State,
                Expr::value(payment::State::Refunding),
            )
            .col_expr(payment::Column::RefundTryAtMs, Expr::value(next_try_ms))
            .col_expr(
                payment::Column::RefundTries,
                Expr::col(payment::Column::RefundTries).add(1),
            )
            .filter(payment::Column::Id.eq(payment_id.0))
            .filter(payment::Column::State.is_in(payment::State::OWED))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(changed.rows_affected == 1)
    }

    async fn done(&self, payment_id: PaymentId, now_ms: i64) -> Result<(), PortError> {
        let done = self.transact(
            Duplicate::Answer,
            (payment_id, now_ms),
            |transaction, &(payment_id, now_ms)| Box::pin(done(transaction, payment_id, now_ms)),
        );
        Ok(done.await?)
    }

    async fn refund_order(
        &self,
        order_id: OrderId,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let begun = self.transact(
            Duplicate::Answer,
            (order_id, by, now_ms),
            |transaction, &(order_id, by, now_ms)| {
                Box::pin(begin(transaction, order_id, by, now_ms))
            },
        );
        Ok(begun.await?)
    }
}

/// The order, locked in the common locking order.
pub async fn locked(
    transaction: &DatabaseTransaction,
    order_id: Uuid,
) -> Result<Option<order::Model>, LedgerError> {
    let found = order::Entity::find_by_id(order_id).one(transaction).await?;
    let Some(order) = found else {
        return Ok(None);
    };
    lock(transaction, [order.reservation_id]).await?;
    let order = order::Entity::find_by_id(order_id)
        .lock_exclusive()
        .one(transaction)
        .await?;
    Ok(order)
}

async fn done(
    transaction: &DatabaseTransaction,
    payment_id: PaymentId,
    now_ms: i64,
) -> Result<(), LedgerError> {
    let found = payment::Entity::find_by_id(payment_id.0)
        .one(transaction)
        .await?;
    let Some(payment) = found else {
        return Err(inconsistent(format!("payment {payment_id} is missing")).into());
    };
    let order = locked(transaction, payment.order_id).await?;
    let order = order.ok_or_else(|| inconsistent("a payment without an order"))?;
    let changed = payment::Entity::update_many()
        .col_expr(
            payment::Column::State,
            Expr::value(payment::State::Refunded),
        )
        .col_expr(payment::Column::RefundedAtMs, Expr::value(now_ms))
        .col_expr(payment::Column::RefundTryAtMs, Expr::value(None::<i64>))
        .filter(payment::Column::Id.eq(payment_id.0))
        .filter(payment::Column::State.is_in(payment::State::OWED))
        .exec(transaction)
        .await?;
    if changed.rows_affected == 0 {
        return Ok(());
    }
    if payment.settled_order_id.is_some() {
        order::Entity::update_many()
            .col_expr(order::Column::State, Expr::value(order::State::Refunded))
            .filter(order::Column::Id.eq(payment.order_id))
            .filter(order::Column::State.eq(order::State::Refunding))
            .exec(transaction)
            .await?;
    }
    let event = NewEvent {
        order_id: order.id,
        buyer_id: order.buyer_id,
        event: OrderEvent::Refunded,
        actor: ACTOR,
    };
    events::add(transaction, [event], now_ms).await?;
    if payment.settled_order_id.is_some() {
        let refunded = [(WebhookEvent::OrderRefunded, order.id)];
        webhooks::add(transaction, &refunded, now_ms).await?;
    }
    Ok(())
}

async fn begin(
    transaction: &DatabaseTransaction,
    order_id: OrderId,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let order = locked(transaction, order_id.0).await?;
    let Some(order) = order.filter(|order| order.state.has_its_money()) else {
        return Ok(false);
    };
    let owed = payment::Entity::update_many()
        .col_expr(
            payment::Column::State,
            Expr::value(payment::State::RefundDue),
        )
        .col_expr(
            payment::Column::RefundReason,
            Expr::value(word(&RefundReason::ByShop)?),
        )
        .col_expr(payment::Column::RefundTryAtMs, Expr::value(now_ms))
        .filter(payment::Column::SettledOrderId.eq(order_id.0))
        .filter(payment::Column::State.eq(payment::State::Succeeded))
        .exec(transaction)
        .await?;
    if owed.rows_affected != 1 {
        return Err(inconsistent(format!("order {order_id} was paid without a payment")).into());
    }
    order::Entity::update_many()
        .col_expr(order::Column::State, Expr::value(order::State::Refunding))
        .filter(order::Column::Id.eq(order_id.0))
        .exec(transaction)
        .await?;
    let event = NewEvent {
        order_id: order.id,
        buyer_id: order.buyer_id,
        event: OrderEvent::Refunding,
        actor: &by.name,
    };
    events::add(transaction, [event], now_ms).await?;
    let activity = NewActivity {
        action: Action::RefundOrder,
        subject_id: order_id.0,
        old_value: Some(json!({ "state": OrderState::from(order.state) })),
        new_value: Some(json!({ "state": OrderState::Refunding })),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(true)
}
