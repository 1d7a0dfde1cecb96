//! [`OrderQueue`] on the reservations table: its entries are the rows with state `queued`.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use super::{
    Answer, Duplicate, LedgerError, Sql, counter,
    entity::reservation,
    reservations::{queued_row, unit},
};
use crate::engine::ports::{
    Depth, InFlight, OrderQueue, PortError, QueuedReservation, TRIES, UnderWay,
};

/// Rows per `INSERT`: twelve values each, below SQLite's 32,766, the smallest limit of all.
const CHUNK: usize = 1000;

/// Inserts the rows that do not exist.
async fn insert_missing(
    transaction: &DatabaseTransaction,
    entries: &[&QueuedReservation],
) -> Result<(), LedgerError> {
    let there = OnConflict::column(reservation::Column::Id)
        .do_nothing_on([reservation::Column::Id])
        .to_owned();
    for chunk in entries.chunks(CHUNK) {
        reservation::Entity::insert_many(chunk.iter().copied().map(queued_row))
            .on_conflict(there.clone())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Reads a row as an entry.
pub(super) fn entry(row: reservation::Model) -> Result<QueuedReservation, PortError> {
    Ok(QueuedReservation {
        unit: unit(&row),
        path: row.path,
        position: counter(row.position)?,
        held_at_ms: row.held_at_ms,
        replayed: row.replayed,
    })
}

#[async_trait]
impl OrderQueue for Sql {
    async fn can_put(&self) -> Result<(), PortError> {
        self.ping().await
    }

    /// An existing entry, put by an earlier call whose answer was lost, is not changed.
    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError> {
        // By id: two calls with the same entries wait for each other instead of both being aborted.
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|entry| entry.unit.reservation_id);
        let put = self.transact(Duplicate::Answer, entries, |transaction, entries| {
            Box::pin(insert_missing(transaction, entries))
        });
        put.await?;
        self.writes.confirm();
        Ok(())
    }

    /// Entries that failed before come after those never tried.
    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        let rows = reservation::Entity::find()
            .filter(reservation::Column::State.eq(reservation::State::Queued))
            .filter(reservation::Column::Tries.lt(TRIES))
            .order_by_asc(reservation::Column::Tries)
            .order_by_asc(reservation::Column::HeldAtMs)
            .order_by_asc(reservation::Column::Position)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(entry).collect()
    }

    /// Nothing to do: entries are not assigned to a consumer.
    async fn give_back(&self) -> Result<(), PortError> {
        Ok(())
    }

    /// Nothing to do: the transaction that writes an order also ends the state `queued`.
    async fn ack(&self, _done: &[QueuedReservation]) -> Result<(), PortError> {
        Ok(())
    }

    async fn retry_later(&self, entry: &QueuedReservation) -> Result<bool, PortError> {
        reservation::Entity::update_many()
            .col_expr(
                reservation::Column::Tries,
                Expr::col(reservation::Column::Tries).add(1),
            )
            .filter(reservation::Column::Id.eq(entry.unit.reservation_id.0))
            .exec(&self.write)
            .answer(self)
            .await?;
        let row = reservation::Entity::find_by_id(entry.unit.reservation_id.0)
            .one(&self.write)
            .answer(self)
            .await?;
        Ok(row.is_some_and(|row| row.tries >= TRIES as i32))
    }

    async fn depth(&self) -> Result<Depth, PortError> {
        let queued = || {
            reservation::Entity::find()
                .filter(reservation::Column::State.eq(reservation::State::Queued))
        };
        let parked = queued()
            .filter(reservation::Column::Tries.gte(TRIES))
            .count(&self.read)
            .answer(self)
            .await?;
        let all = queued().count(&self.read).answer(self).await?;
        Ok(Depth {
            waiting: all.saturating_sub(parked),
            parked,
            unreadable: 0,
        })
    }

    /// A taken entry waits until it is written; a parked one does not block anything.
    async fn under_way(&self) -> Result<UnderWay, PortError> {
        let Depth { waiting, .. } = self.depth().await?;
        Ok(UnderWay {
            waiting,
            consumers: None,
        })
    }

    async fn in_flight(&self) -> Result<InFlight, PortError> {
        Ok(InFlight::default())
    }
}
