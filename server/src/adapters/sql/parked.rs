//! [`ParkedReservations`] on the reservations table: a parked one is still `queued` after [`TRIES`]
//! tries.

use app::wire::ReservationId;
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr,
};

use super::{Answer, Sql, entity::reservation, queue::entry};
use crate::engine::ports::{
    ParkedEntries, ParkedEntry, ParkedReservations, PortError, QueuedReservation, TRIES,
};

fn parked() -> Select<reservation::Entity> {
    reservation::Entity::find()
        .filter(reservation::Column::State.eq(reservation::State::Queued))
        .filter(reservation::Column::Tries.gte(TRIES))
}

struct ParkedRow(QueuedReservation);

#[async_trait]
impl ParkedEntry for ParkedRow {
    fn reservation(&self) -> &QueuedReservation {
        &self.0
    }

    /// Nothing to do: an ended one is no longer `queued`.
    async fn remove(self: Box<Self>) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl ParkedReservations for Sql {
    async fn parked(&self, limit: u32) -> Result<ParkedEntries, PortError> {
        let rows = parked()
            .order_by_asc(reservation::Column::HeldAtMs)
            .order_by_asc(reservation::Column::Position)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        let entries: Result<_, _> = rows.into_iter().map(entry).collect();
        Ok(ParkedEntries {
            entries: entries?,
            unreadable: Vec::new(),
        })
    }

    async fn find_parked(
        &self,
        reservation_id: ReservationId,
    ) -> Result<Option<Box<dyn ParkedEntry>>, PortError> {
        let row = parked()
            .filter(reservation::Column::Id.eq(reservation_id.0))
            .one(&self.read)
            .answer(self)
            .await?;
        let found = row.map(entry).transpose()?;
        Ok(found.map(|reservation| Box::new(ParkedRow(reservation)) as _))
    }

    async fn replay_parked(&self, only: Option<ReservationId>) -> Result<u32, PortError> {
        let mut replay = reservation::Entity::update_many()
            .col_expr(reservation::Column::Tries, Expr::value(0))
            .col_expr(reservation::Column::Replayed, Expr::value(true))
            .filter(reservation::Column::State.eq(reservation::State::Queued))
            .filter(reservation::Column::Tries.gte(TRIES));
        if let Some(ReservationId(id)) = only {
            replay = replay.filter(reservation::Column::Id.eq(id));
        }
        let replayed = replay.exec(&self.write).answer(self).await?;
        Ok(replayed.rows_affected as u32)
    }

    /// Rows are always readable.
    async fn remove_unreadable(&self) -> Result<u32, PortError> {
        Ok(0)
    }
}
