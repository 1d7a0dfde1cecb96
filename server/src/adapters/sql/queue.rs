//! [`OrderQueue`] on the reservations table itself: what is queued is what says `queued`.

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{Sql, counter, entity::reservation, port_error, reservations::queued_row};
use crate::engine::ports::{Depth, OrderQueue, PortError, QueuedReservation, TRIES};

#[async_trait]
impl OrderQueue for Sql {
    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError> {
        let transaction = self.begin().await?;
        reservation::Entity::insert_many(entries.iter().map(queued_row))
            .exec_without_returning(&transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(port_error)
    }

    /// What could not be written comes after what was never tried.
    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        let rows = reservation::Entity::find()
            .filter(reservation::Column::State.eq(reservation::State::Queued))
            .filter(reservation::Column::Tries.lt(TRIES))
            .order_by_asc(reservation::Column::Tries)
            .order_by_asc(reservation::Column::HeldAtMs)
            .order_by_asc(reservation::Column::Position)
            .limit(u64::from(limit))
            .all(&self.read)
            .await
            .map_err(port_error)?;
        rows.into_iter()
            .map(|row| {
                Ok(QueuedReservation {
                    reservation_id: ReservationId(row.id),
                    item_id: ItemId(row.item_id),
                    buyer: AccountId(row.buyer_id),
                    path: row.path,
                    position: counter(row.position)?,
                    held_at_ms: row.held_at_ms,
                })
            })
            .collect()
    }

    /// Nothing to do: the transaction that writes an order also ends its `queued`.
    async fn ack(&self, _done: &[QueuedReservation]) -> Result<(), PortError> {
        Ok(())
    }

    async fn set_aside(&self, entry: &QueuedReservation) -> Result<(), PortError> {
        reservation::Entity::update_many()
            .col_expr(
                reservation::Column::Tries,
                Expr::col(reservation::Column::Tries).add(1),
            )
            .filter(reservation::Column::Id.eq(entry.reservation_id.0))
            .exec(&self.write)
            .await
            .map_err(port_error)?;
        Ok(())
    }

    async fn replay_parked(&self) -> Result<u32, PortError> {
        let replayed = reservation::Entity::update_many()
            .col_expr(reservation::Column::Tries, Expr::value(0))
            .filter(reservation::Column::State.eq(reservation::State::Queued))
            .filter(reservation::Column::Tries.gte(TRIES))
            .exec(&self.write)
            .await
            .map_err(port_error)?;
        Ok(replayed.rows_affected as u32)
    }

    async fn depth(&self) -> Result<Depth, PortError> {
        let queued = || {
            reservation::Entity::find()
                .filter(reservation::Column::State.eq(reservation::State::Queued))
        };
        let parked = queued()
            .filter(reservation::Column::Tries.gte(TRIES))
            .count(&self.read)
            .await
            .map_err(port_error)?;
        let all = queued().count(&self.read).await.map_err(port_error)?;
        Ok(Depth {
            waiting: all.saturating_sub(parked),
            parked,
        })
    }
}
