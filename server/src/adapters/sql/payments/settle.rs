//! Settles received money: each receipt pays its order, is refunded, or is known already; inside
//! one transaction.

use std::collections::HashMap;

use app::wire::{OrderEvent, PaymentId, RefundReason};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    adapters::sql::{
        entity::{item, order, payment, reservation},
        errors::LedgerError,
        inconsistent,
        orders::{
            ends::lock,
            events::{self, NewEvent},
            units::move_locked,
        },
        words::word,
    },
    engine::ports::{Receipt, Settled},
};

/// The actor in the orders' history.
const ACTOR: &str = "provider";

/// The rows that the receipts refer to, locked.
struct Found {
    payments: HashMap<Uuid, payment::Model>,
    orders: HashMap<Uuid, order::Model>,
    /// Payments that have received money, by provider and its number: the order each is for.
    settled: HashMap<(String, String), Uuid>,
}

/// See [`Payments::settle`](crate::engine::ports::Payments::settle).
pub async fn settle(
    transaction: &DatabaseTransaction,
    receipts: &[(Receipt, PaymentId)],
    now_ms: i64,
) -> Result<Vec<Settled>, LedgerError> {
    let mut found = find(transaction, receipts).await?;
    let mut settled = Vec::with_capacity(receipts.len());
    let mut history = Vec::new();
    let mut paid = Vec::new();
    for (receipt, spare_id) in receipts {
        let Some(payment) = found.payments.get(&receipt.payment_id.0) else {
            settled.push(Settled::Unknown);
            continue;
        };
        let number = (payment.provider.clone(), receipt.provider_number.clone());
        match found.settled.get(&number) {
            Some(order_id) if *order_id == payment.order_id => {
                settled.push(Settled::Known);
                continue;
            }
            // The provider has used a number twice: an operator must check.
            Some(_) => {
                settled.push(Settled::Unknown);
                continue;
            }
            None => {}
        }
        // The payment already has its money: this is additional.
        let row = match payment.provider_number.is_some() {
            true => beside(payment, *spare_id),
            false => payment.clone(),
        };
        let order = found.orders.get_mut(&row.order_id);
        let order = order.ok_or_else(|| inconsistent("a payment without an order"))?;
        let reason = goes_back(&row, order, receipt);
        let stored = received(row, receipt, reason, now_ms)?;
        let outcome = match reason {
            None => {
                order.state = order::State::Paid;
                paid.push(order.clone());
                Settled::Paid
            }
            Some(_) => Settled::RefundDue,
        };
        history.push(NewEvent {
            order_id: order.id,
            buyer_id: order.buyer_id,
            event: match reason {
                None => OrderEvent::Paid,
                Some(_) => OrderEvent::RefundDue,
            },
            actor: ACTOR,
        });
        let stored = store(transaction, stored, *spare_id).await?;
        found.settled.insert(number, stored.order_id);
        found.payments.insert(stored.id, stored);
        settled.push(outcome);
    }
    pay_orders(transaction, &paid, now_ms).await?;
    events::add(transaction, history, now_ms).await?;
    Ok(settled)
}

async fn find(
    transaction: &DatabaseTransaction,
    receipts: &[(Receipt, PaymentId)],
) -> Result<Found, LedgerError> {
    let ids = receipts.iter().map(|(receipt, _)| receipt.payment_id.0);
    let order_ids: Vec<Uuid> = payment::Entity::find()
        .select_only()
        .column(payment::Column::OrderId)
        .filter(payment::Column::Id.is_in(ids.clone()))
        .into_tuple()
        .all(transaction)
        .await?;
    let reservation_ids: Vec<Uuid> = order::Entity::find()
        .select_only()
        .column(order::Column::ReservationId)
        .filter(order::Column::Id.is_in(order_ids.iter().copied()))
        .into_tuple()
        .all(transaction)
        .await?;
    lock(transaction, reservation_ids).await?;
    let orders = order::Entity::find()
        .filter(order::Column::Id.is_in(order_ids))
        .order_by_asc(order::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    let payments = payment::Entity::find()
        .filter(payment::Column::Id.is_in(ids))
        .order_by_asc(payment::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    let numbers = receipts
        .iter()
        .map(|(receipt, _)| receipt.provider_number.as_str());
    let settled = payment::Entity::find()
        .filter(payment::Column::ProviderNumber.is_in(numbers))
        .all(transaction)
        .await?;
    let settled = settled.into_iter().filter_map(|row| {
        let number = row.provider_number?;
        Some(((row.provider, number), row.order_id))
    });
    Ok(Found {
        settled: settled.collect(),
        payments: payments.into_iter().map(|row| (row.id, row)).collect(),
        orders: orders.into_iter().map(|row| (row.id, row)).collect(),
    })
}

/// A separate payment for money that arrived a second time for `payment`.
fn beside(payment: &payment::Model, spare_id: PaymentId) -> payment::Model {
    payment::Model {
        id: spare_id.0,
        provider_number: None,
        received_amount: None,
        received_currency: None,
        state: payment::State::Closed,
        refund_reason: None,
        settled_order_id: None,
        pay_url: None,
        received_at_ms: None,
        refund_try_at_ms: None,
        refund_tries: 0,
        refunded_at_ms: None,
        ..payment.clone()
    }
}

/// Why this money does not pay this order; `None` when it does.
fn goes_back(
    payment: &payment::Model,
    order: &order::Model,
    receipt: &Receipt,
) -> Option<RefundReason> {
    let asked = (payment.amount, payment.currency.as_str());
    match order.state {
        order::State::PendingPayment
            if asked != (receipt.amount.minor, &receipt.amount.currency) =>
        {
            Some(RefundReason::WrongAmount)
        }
        order::State::PendingPayment => None,
        order::State::Closed => Some(RefundReason::TooLate),
        order::State::Paid
        | order::State::Shipped
        | order::State::Received
        | order::State::Refunding
        | order::State::Refunded => Some(RefundReason::Duplicate),
    }
}

fn received(
    payment: payment::Model,
    receipt: &Receipt,
    reason: Option<RefundReason>,
    now_ms: i64,
) -> Result<payment::Model, LedgerError> {
    Ok(payment::Model {
        provider_number: Some(receipt.provider_number.clone()),
        received_amount: Some(receipt.amount.minor),
        received_currency: Some(receipt.amount.currency.clone()),
        received_at_ms: Some(now_ms),
        state: match reason {
            None => payment::State::Succeeded,
            Some(_) => payment::State::RefundDue,
        },
        settled_order_id: reason.is_none().then_some(payment.order_id),
        refund_reason: reason.as_ref().map(word).transpose()?,
        refund_try_at_ms: reason.map(|_| now_ms),
        ..payment
    })
}

async fn store(
    transaction: &DatabaseTransaction,
    row: payment::Model,
    spare_id: PaymentId,
) -> Result<payment::Model, LedgerError> {
    let is_new = row.id == spare_id.0;
    let row = row.into_active_model().reset_all();
    Ok(match is_new {
        true => row.insert(transaction).await?,
        false => row.update(transaction).await?,
    })
}

/// Marks the orders as paid and their units as sold, and the gate as due to be told.
async fn pay_orders(
    transaction: &DatabaseTransaction,
    paid: &[order::Model],
    now_ms: i64,
) -> Result<(), LedgerError> {
    if paid.is_empty() {
        return Ok(());
    }
    let changed = order::Entity::update_many()
        .col_expr(order::Column::State, Expr::value(order::State::Paid))
        .col_expr(order::Column::PaidAtMs, Expr::value(now_ms))
        .filter(order::Column::Id.is_in(paid.iter().map(|order| order.id)))
        .filter(order::Column::State.eq(order::State::PendingPayment))
        .exec(transaction)
        .await?;
    if changed.rows_affected != paid.len() as u64 {
        return Err(inconsistent("an order changed its state while it was locked").into());
    }
    reservation::Entity::update_many()
        .col_expr(reservation::Column::ConfirmDueAtMs, Expr::value(now_ms))
        .filter(reservation::Column::Id.is_in(paid.iter().map(|order| order.reservation_id)))
        .exec(transaction)
        .await?;
    move_locked(transaction, paid, item::Column::Sold).await
}
