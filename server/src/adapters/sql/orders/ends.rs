//! The reservations of a batch and their ends, inside one transaction.

use std::collections::{BTreeMap, HashMap};

use app::wire::{OrderId, Rejection};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TryIntoModel, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    adapters::sql::{
        entity::{order, reservation},
        errors::LedgerError,
        inconsistent,
        reservations::queued_row,
    },
    engine::ports::{QueuedReservation, WriteOutcome},
};

/// Reservations by id, each with its order if it has one.
pub type Reservations = HashMap<Uuid, (reservation::Model, Option<order::Model>)>;

/// Locks reservations by id until the transaction ends, and reads their current state.
pub async fn lock(
    transaction: &DatabaseTransaction,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<reservation::Model>, LedgerError> {
    let rows = reservation::Entity::find()
        .filter(reservation::Column::Id.is_in(ids))
        .order_by_asc(reservation::Column::Id)
        .lock_exclusive()
        .all(transaction);
    Ok(rows.await?)
}

/// The locked rows of the entries; inserts those that the ledger does not have yet. If another
/// worker inserts the same at the same time, this waits for it and then fails with a duplicate key:
/// the transaction is run again and finds them.
pub async fn find_or_make<'a>(
    transaction: &DatabaseTransaction,
    entries: impl Iterator<Item = &'a QueuedReservation> + Clone,
) -> Result<Reservations, LedgerError> {
    let ids = entries.clone().map(|entry| entry.unit.reservation_id.0);
    let found = lock(transaction, ids.clone()).await?;
    // A separate statement after the lock: it sees orders that were written while this waited.
    let orders = order::Entity::find()
        .filter(order::Column::ReservationId.is_in(ids))
        .all(transaction)
        .await?;
    let mut orders: HashMap<Uuid, order::Model> = orders
        .into_iter()
        .map(|order| (order.reservation_id, order))
        .collect();
    let mut rows: Reservations = found
        .into_iter()
        .map(|row| {
            let order = orders.remove(&row.id);
            (row.id, (row, order))
        })
        .collect();
    // By id, the order in which all transactions lock them.
    let mut new = BTreeMap::new();
    for entry in entries {
        if !rows.contains_key(&entry.unit.reservation_id.0) {
            let row = queued_row(entry);
            let model = row.clone().try_into_model()?;
            new.insert(model.id, row);
            rows.insert(model.id, (model, None));
        }
    }
    if !new.is_empty() {
        // A batch has at most 256 entries: far below every database's limit of bind parameters.
        reservation::Entity::insert_many(new.into_values())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(rows)
}

/// How a reservation ended; `None` while it is queued.
pub fn end(
    rows: &Reservations,
    entry: &QueuedReservation,
) -> Result<Option<WriteOutcome>, LedgerError> {
    let id = entry.unit.reservation_id;
    match &rows[&id.0] {
        (row, None) if row.state == reservation::State::Queued => Ok(None),
        (row, _) if row.state == reservation::State::Failed => {
            let reason = row.reason.as_deref().unwrap_or_default();
            let reason = serde_json::from_value(reason.into())
                .map_err(|_| inconsistent(format!("reservation {id} failed without a reason")))?;
            Ok(Some(WriteOutcome::Failed(reason)))
        }
        (_, Some(order)) => Ok(Some(WriteOutcome::Ordered(OrderId(order.id)))),
        (_, None) => {
            Err(inconsistent(format!("reservation {id} was ordered without an order")).into())
        }
    }
}

/// Ends queued reservations without an order: the ledger never took the unit, and the gate gets it
/// back.
pub async fn fail(
    transaction: &DatabaseTransaction,
    ids: Vec<Uuid>,
    reason: Rejection,
    now_ms: i64,
) -> Result<(), LedgerError> {
    if ids.is_empty() {
        return Ok(());
    }
    reservation::Entity::update_many()
        .col_expr(
            reservation::Column::State,
            Expr::value(reservation::State::Failed),
        )
        .col_expr(reservation::Column::Reason, Expr::value(reason.code()))
        .col_expr(reservation::Column::ReleaseDueAtMs, Expr::value(now_ms))
        .filter(reservation::Column::Id.is_in(ids))
        .filter(reservation::Column::State.eq(reservation::State::Queued))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Fails open reservations; see [`OrderWriter::fail`](crate::engine::ports::OrderWriter::fail).
pub async fn fail_queued(
    transaction: &DatabaseTransaction,
    batch: &[QueuedReservation],
    reason: Rejection,
    now_ms: i64,
) -> Result<Vec<WriteOutcome>, LedgerError> {
    let rows = find_or_make(transaction, batch.iter()).await?;
    let mut queued = Vec::new();
    let mut outcomes = Vec::with_capacity(batch.len());
    for entry in batch {
        let known = end(&rows, entry)?;
        if known.is_none() {
            queued.push(entry.unit.reservation_id.0);
        }
        outcomes.push(known.unwrap_or(WriteOutcome::Failed(reason)));
    }
    fail(transaction, queued, reason, now_ms).await?;
    Ok(outcomes)
}
