//! [`OrderQueue`] on the reservations table itself: what is queued is what says `queued`.

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Sql, counter, entity::reservation, port_error};
use crate::engine::ports::{OrderQueue, PortError, QueuedReservation};

#[async_trait]
impl OrderQueue for Sql {
    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        let rows = reservation::Entity::find()
            .filter(reservation::Column::State.eq(reservation::State::Queued))
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
}
