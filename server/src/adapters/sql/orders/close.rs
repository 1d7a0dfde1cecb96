//! Closes unpaid orders and returns their units, inside one transaction.

use std::collections::HashSet;

use app::wire::{CloseReason, OrderEvent, OrderId};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{
    ends::lock,
    events::{self, NewEvent},
    units::move_locked,
};
use crate::{
    adapters::sql::{
        entity::{item, order, reservation},
        errors::LedgerError,
        inconsistent,
        payments::with_open_payment,
    },
    engine::ports::CloseOutcome,
};

/// Closes orders that still wait for payment and have no payment under way. Locks rows in the
/// common order: reservations, orders, payments, items; within a table by id. So two transactions
/// that need the same rows wait for each other instead of both being aborted. A payment is started
/// under its order's lock, so none can appear during this.
pub async fn close(
    transaction: &DatabaseTransaction,
    order_ids: &[OrderId],
    reason: CloseReason,
    actor: &str,
    now_ms: i64,
) -> Result<Vec<CloseOutcome>, LedgerError> {
    let ids = order_ids.iter().map(|id| id.0);
    let reservation_ids: Vec<Uuid> = order::Entity::find()
        .select_only()
        .column(order::Column::ReservationId)
        .filter(order::Column::Id.is_in(ids.clone()))
        .into_tuple()
        .all(transaction)
        .await?;
    lock(transaction, reservation_ids).await?;
    let pending = order::Entity::find()
        .filter(order::Column::Id.is_in(ids))
        .filter(order::Column::State.eq(order::State::PendingPayment))
        .order_by_asc(order::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    let open = with_open_payment(transaction, pending.iter().map(|order| order.id)).await?;
    let open: HashSet<Uuid> = open.into_iter().collect();
    let free = pending
        .into_iter()
        .filter(|order| !open.contains(&order.id));
    let free: Vec<order::Model> = free.collect();
    if !free.is_empty() {
        move_locked(transaction, &free, item::Column::Sellable).await?;
        end_orders(transaction, &free, reason, now_ms).await?;
        let event = match reason {
            CloseReason::Unpaid => OrderEvent::ClosedUnpaid,
            CloseReason::Cancelled => OrderEvent::Cancelled,
        };
        let history = free.iter().map(|order| NewEvent {
            order_id: order.id,
            buyer_id: order.buyer_id,
            event,
            actor,
        });
        events::add(transaction, history, now_ms).await?;
    }
    let mut closed: HashSet<Uuid> = free.iter().map(|order| order.id).collect();
    let outcome = |id: &OrderId| match closed.remove(&id.0) {
        true => CloseOutcome::Closed,
        false if open.contains(&id.0) => CloseOutcome::PaymentOpen,
        false => CloseOutcome::NotPending,
    };
    Ok(order_ids.iter().map(outcome).collect())
}

/// Ends the orders, and marks their units for release at the gate.
async fn end_orders(
    transaction: &DatabaseTransaction,
    pending: &[order::Model],
    reason: CloseReason,
    now_ms: i64,
) -> Result<(), LedgerError> {
    let closed = order::Entity::update_many()
        .col_expr(order::Column::State, Expr::value(order::State::Closed))
        .col_expr(
            order::Column::CloseReason,
            Expr::value(order::CloseReason::from(reason)),
        )
        .col_expr(order::Column::ClosedAtMs, Expr::value(now_ms))
        .col_expr(order::Column::LiveKey, Expr::value(None::<String>))
        .filter(order::Column::Id.is_in(pending.iter().map(|order| order.id)))
        .filter(order::Column::State.eq(order::State::PendingPayment))
        .exec(transaction)
        .await?;
    if closed.rows_affected != pending.len() as u64 {
        return Err(inconsistent("an order changed its state while it was locked").into());
    }
    reservation::Entity::update_many()
        .col_expr(reservation::Column::ReleaseDueAtMs, Expr::value(now_ms))
        .filter(reservation::Column::Id.is_in(pending.iter().map(|order| order.reservation_id)))
        .exec(transaction)
        .await?;
    Ok(())
}
