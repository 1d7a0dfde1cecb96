//! [`LiveLedger`] on SQL: counts over indexes.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Answer, Sql,
    entity::{order, reservation},
};
use crate::engine::ports::{LedgerFigures, LiveLedger, PortError, TRIES};

#[async_trait]
impl LiveLedger for Sql {
    async fn figures(&self, soon_ms: i64) -> Result<LedgerFigures, PortError> {
        let unpaid =
            || order::Entity::find().filter(order::Column::State.eq(order::State::PendingPayment));
        let closing_soon = unpaid().filter(order::Column::PayDeadlineMs.lt(soon_ms));
        let oldest = reservation::Entity::find()
            .filter(reservation::Column::State.eq(reservation::State::Queued))
            .filter(reservation::Column::Tries.lt(TRIES))
            .order_by_asc(reservation::Column::HeldAtMs)
            .limit(1);
        Ok(LedgerFigures {
            unpaid: unpaid().count(&self.read).answer(self).await?,
            closing_soon: closing_soon.count(&self.read).answer(self).await?,
            oldest_held_at_ms: oldest
                .one(&self.read)
                .answer(self)
                .await?
                .map(|row| row.held_at_ms),
        })
    }
}
