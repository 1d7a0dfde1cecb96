//! The reservations of a batch and how they end, inside one transaction.

use std::collections::HashMap;

use app::wire::{OrderId, Rejection};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, TryIntoModel, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    adapters::sql::{
        entity::{order, reservation},
        inconsistent, port_error,
        reservations::queued_row,
    },
    engine::ports::{PortError, QueuedReservation, WriteOutcome},
};

/// Reservations by id, each with its order if it has one.
pub type Reservations = HashMap<Uuid, (reservation::Model, Option<order::Model>)>;

/// The rows of the entries; those that the ledger does not have yet are made.
pub async fn find_or_make<'a>(
    transaction: &DatabaseTransaction,
    entries: impl Iterator<Item = &'a QueuedReservation> + Clone,
) -> Result<Reservations, PortError> {
    let ids = entries.clone().map(|entry| entry.reservation_id.0);
    let found = reservation::Entity::find()
        .filter(reservation::Column::Id.is_in(ids))
        .find_also_related(order::Entity)
        .all(transaction)
        .await
        .map_err(port_error)?;
    let mut rows: Reservations = found.into_iter().map(|row| (row.0.id, row)).collect();
    let mut new = Vec::new();
    for entry in entries {
        if !rows.contains_key(&entry.reservation_id.0) {
            let row = queued_row(entry);
            let model = row.clone().try_into_model().map_err(port_error)?;
            rows.insert(model.id, (model, None));
            new.push(row);
        }
    }
    if !new.is_empty() {
        reservation::Entity::insert_many(new)
            .exec_without_returning(transaction)
            .await
            .map_err(port_error)?;
    }
    Ok(rows)
}

/// How a reservation ended; `None` while it is queued.
pub fn end(
    rows: &Reservations,
    entry: &QueuedReservation,
) -> Result<Option<WriteOutcome>, PortError> {
    let id = entry.reservation_id;
    match &rows[&id.0] {
        (row, None) if row.state == reservation::State::Queued => Ok(None),
        (row, _) if row.state == reservation::State::Failed => {
            let reason = row.reason.as_deref().unwrap_or_default();
            let reason = serde_json::from_value(reason.into())
                .map_err(|_| inconsistent(format!("reservation {id} failed without a reason")))?;
            Ok(Some(WriteOutcome::Failed(reason)))
        }
        (_, Some(order)) => Ok(Some(WriteOutcome::Ordered(OrderId(order.id)))),
        (_, None) => Err(inconsistent(format!(
            "reservation {id} was ordered without an order"
        ))),
    }
}

/// Ends queued reservations without an order: the unit was never taken in the ledger, and the gate
/// gets it back.
pub async fn fail(
    transaction: &DatabaseTransaction,
    ids: Vec<Uuid>,
    reason: Rejection,
    now_ms: i64,
) -> Result<(), PortError> {
    if ids.is_empty() {
        return Ok(());
    }
    let word = serde_json::to_value(reason).map_err(|error| inconsistent(error.to_string()))?;
    let word = word.as_str().unwrap_or_default().to_owned();
    reservation::Entity::update_many()
        .col_expr(
            reservation::Column::State,
            Expr::value(reservation::State::Failed),
        )
        .col_expr(reservation::Column::Reason, Expr::value(word))
        .col_expr(reservation::Column::ReleaseDueAtMs, Expr::value(now_ms))
        .filter(reservation::Column::Id.is_in(ids))
        .exec(transaction)
        .await
        .map_err(port_error)?;
    Ok(())
}

/// Fails what has not ended; see [`Orders::fail`](crate::engine::ports::Orders::fail).
pub async fn fail_queued(
    transaction: &DatabaseTransaction,
    batch: &[QueuedReservation],
    reason: Rejection,
    now_ms: i64,
) -> Result<Vec<WriteOutcome>, PortError> {
    let rows = find_or_make(transaction, batch.iter()).await?;
    let mut queued = Vec::new();
    let mut outcomes = Vec::with_capacity(batch.len());
    for entry in batch {
        let known = end(&rows, entry)?;
        if known.is_none() {
            queued.push(entry.reservation_id.0);
        }
        outcomes.push(known.unwrap_or(WriteOutcome::Failed(reason)));
    }
    fail(transaction, queued, reason, now_ms).await?;
    Ok(outcomes)
}
