//! [`Payments`] on SQL. Receipts are handled in `settle`, refunds in `refunds`, providers' notices
//! in `inbox`.
//!
//! Every transaction of the ledger locks rows in this order: reservations, orders, payments, items;
//! within a table by id.

mod inbox;
pub(super) mod refunds;
mod settle;

use app::wire::{Money, OrderId, PaymentId, PaymentState, Refund};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{
    Answer, Duplicate, LedgerError, Sql, counter,
    entity::{order, payment},
};
use crate::engine::ports::{
    Amount, Begun, CURRENCY, NewPayment, PaymentRecord, Payments, PortError, Receipt, Settled,
};

impl From<payment::State> for PaymentState {
    fn from(state: payment::State) -> Self {
        match state {
            payment::State::Created => PaymentState::Created,
            payment::State::Processing => PaymentState::Processing,
            payment::State::Succeeded => PaymentState::Succeeded,
            payment::State::Closed => PaymentState::Closed,
            payment::State::Abandoned => PaymentState::Abandoned,
            payment::State::RefundDue => PaymentState::RefundDue,
            payment::State::Refunding => PaymentState::Refunding,
            payment::State::Refunded => PaymentState::Refunded,
        }
    }
}

fn record(row: payment::Model) -> Result<PaymentRecord, PortError> {
    let received = row.received_amount.zip(row.received_currency);
    Ok(PaymentRecord {
        payment_id: PaymentId(row.id),
        order_id: OrderId(row.order_id),
        provider_number: row.provider_number,
        amount: Amount {
            minor: row.amount,
            currency: row.currency,
        },
        received: received.map(|(minor, currency)| Amount { minor, currency }),
        state: row.state.into(),
        pay_url: row.pay_url,
        expires_at_ms: row.expires_at_ms,
        refund_tries: counter(i64::from(row.refund_tries))?,
    })
}

fn is_open() -> Condition {
    Condition::all().add(payment::Column::State.is_in(payment::State::OPEN))
}

fn is_asked_about() -> Condition {
    Condition::all().add(payment::Column::State.is_in(payment::State::ASKED_ABOUT))
}

/// Those of these orders for which money may still arrive.
pub(super) async fn with_open_payment(
    read: &impl ConnectionTrait,
    order_ids: impl IntoIterator<Item = uuid::Uuid>,
) -> Result<Vec<uuid::Uuid>, DbErr> {
    payment::Entity::find()
        .select_only()
        .column(payment::Column::OrderId)
        .filter(payment::Column::OrderId.is_in(order_ids))
        .filter(is_open())
        .into_tuple()
        .all(read)
        .await
}

/// An order's payments as its buyer sees them: whether one is under way, and the latest refund.
pub(super) async fn of_order_page(
    read: &impl ConnectionTrait,
    order_id: OrderId,
) -> Result<(bool, Option<Refund>), DbErr> {
    let rows = of_order(read, order_id).await?;
    let paying = rows
        .iter()
        .any(|row| payment::State::ASKED_ABOUT.contains(&row.state));
    let refund = rows.iter().rev().find_map(|row| {
        let done = row.state == payment::State::Refunded;
        let goes_back = done || payment::State::OWED.contains(&row.state);
        let amount = row.received_amount.filter(|_| goes_back)?;
        Some(Refund {
            amount: Money(amount),
            done,
        })
    });
    Ok((paying, refund))
}

pub(super) async fn of_order(
    read: &impl ConnectionTrait,
    order_id: OrderId,
) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(payment::Column::OrderId.eq(order_id.0))
        .order_by_asc(payment::Column::CreatedAtMs)
        .order_by_asc(payment::Column::Id)
        .all(read)
        .await
}

/// Locks the order, so that it is not closed between the check of its state and the insert.
async fn begin(
    transaction: &DatabaseTransaction,
    new: NewPayment,
    now_ms: i64,
) -> Result<Begun, LedgerError> {
    let found = order::Entity::find_by_id(new.order_id.0)
        .lock_exclusive()
        .one(transaction)
        .await?;
    let Some(order) = found.filter(|order| order.buyer_id == new.buyer.0) else {
        return Ok(Begun::NotFound);
    };
    if order.state != order::State::PendingPayment || order.pay_deadline_ms <= now_ms {
        return Ok(Begun::NotPending);
    }
    let open = payment::Entity::find()
        .filter(payment::Column::OrderId.eq(order.id))
        .filter(payment::Column::Provider.eq(new.provider))
        .filter(is_open())
        .one(transaction)
        .await?;
    let row = match open {
        Some(open) => open,
        None => new_row(&order, new, now_ms).insert(transaction).await?,
    };
    Ok(Begun::Payment(record(row)?))
}

fn new_row(order: &order::Model, new: NewPayment, now_ms: i64) -> payment::ActiveModel {
    payment::ActiveModel {
        id: Set(new.payment_id.0),
        order_id: Set(order.id),
        provider: Set(new.provider.to_owned()),
        provider_number: Set(None),
        amount: Set(order.amount),
        currency: Set(CURRENCY.to_owned()),
        received_amount: Set(None),
        received_currency: Set(None),
        state: Set(payment::State::Created),
        refund_reason: Set(None),
        settled_order_id: Set(None),
        pay_url: Set(None),
        created_at_ms: Set(now_ms),
        expires_at_ms: Set(order.pay_deadline_ms + new.grace_ms),
        checked_at_ms: Set(now_ms),
        received_at_ms: Set(None),
        refund_try_at_ms: Set(None),
        refund_tries: Set(0),
        refunded_at_ms: Set(None),
    }
}

#[async_trait]
impl Payments for Sql {
    async fn begin(&self, new: NewPayment, now_ms: i64) -> Result<Begun, PortError> {
        let begun = self.transact(
            Duplicate::Again,
            (new, now_ms),
            |transaction, &(new, now_ms)| Box::pin(begin(transaction, new, now_ms)),
        );
        Ok(begun.await?)
    }

    async fn created(&self, payment_id: PaymentId, pay_url: &str) -> Result<bool, PortError> {
        let made = payment::Entity::update_many()
            .col_expr(
                payment::Column::State,
                Expr::value(payment::State::Processing),
            )
            .col_expr(payment::Column::PayUrl, Expr::value(pay_url))
            .filter(payment::Column::Id.eq(payment_id.0))
            // Also true if a concurrent call created it: both lead to the same page.
            .filter(is_open())
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(made.rows_affected == 1)
    }

    async fn of_order(&self, order_id: OrderId) -> Result<Vec<PaymentRecord>, PortError> {
        let rows = of_order(&self.read, order_id).answer(self).await?;
        rows.into_iter().map(record).collect()
    }

    async fn unchecked(&self, before_ms: i64, limit: u32) -> Result<Vec<PaymentRecord>, PortError> {
        let rows = payment::Entity::find()
            .filter(is_asked_about())
            .filter(payment::Column::CheckedAtMs.lte(before_ms))
            .order_by_asc(payment::Column::CheckedAtMs)
            .order_by_asc(payment::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(record).collect()
    }

    async fn claim_check(
        &self,
        payment_id: PaymentId,
        before_ms: i64,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let claimed = payment::Entity::update_many()
            .col_expr(payment::Column::CheckedAtMs, Expr::value(now_ms))
            .filter(payment::Column::Id.eq(payment_id.0))
            .filter(payment::Column::CheckedAtMs.lte(before_ms))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(claimed.rows_affected == 1)
    }

    async fn settle(
        &self,
        receipts: &[(Receipt, PaymentId)],
        now_ms: i64,
    ) -> Result<Vec<Settled>, PortError> {
        if receipts.is_empty() {
            return Ok(Vec::new());
        }
        let settled = self.transact(
            Duplicate::Again,
            (receipts, now_ms),
            |transaction, &(receipts, now_ms)| {
                Box::pin(settle::settle(transaction, receipts, now_ms))
            },
        );
        Ok(settled.await?)
    }

    async fn closed(&self, payment_id: PaymentId) -> Result<(), PortError> {
        self.end_payment(payment_id, is_asked_about(), payment::State::Closed)
            .await
    }

    async fn abandon(&self, payment_id: PaymentId) -> Result<(), PortError> {
        self.end_payment(payment_id, is_open(), payment::State::Abandoned)
            .await
    }
}

impl Sql {
    /// Changes a payment only if `from` holds for it.
    async fn end_payment(
        &self,
        payment_id: PaymentId,
        from: Condition,
        to: payment::State,
    ) -> Result<(), PortError> {
        payment::Entity::update_many()
            .col_expr(payment::Column::State, Expr::value(to))
            .filter(payment::Column::Id.eq(payment_id.0))
            .filter(from)
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }
}
