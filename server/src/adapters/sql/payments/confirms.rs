//! [`DueConfirms`] on SQL.

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use crate::{
    adapters::sql::{Answer, Duplicate, Sql, entity::reservation},
    engine::ports::{DueConfirms, PortError, Unit},
};

#[async_trait]
impl DueConfirms for Sql {
    async fn due_confirms(&self, skip: u32, limit: u32) -> Result<Vec<Unit>, PortError> {
        let rows = reservation::Entity::find()
            .filter(reservation::Column::ConfirmDueAtMs.is_not_null())
            .order_by_asc(reservation::Column::ConfirmDueAtMs)
            .order_by_asc(reservation::Column::Id)
            .offset(u64::from(skip))
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        let due = rows.into_iter().map(|row| Unit {
            item_id: ItemId(row.item_id),
            buyer: AccountId(row.buyer_id),
            reservation_id: ReservationId(row.id),
        });
        Ok(due.collect())
    }

    async fn confirmed(&self, done: &[ReservationId]) -> Result<(), PortError> {
        if done.is_empty() {
            return Ok(());
        }
        let told = self.transact(Duplicate::Answer, done, |transaction, done| {
            Box::pin(async move {
                reservation::Entity::update_many()
                    .col_expr(
                        reservation::Column::ConfirmDueAtMs,
                        Expr::value(None::<i64>),
                    )
                    .filter(reservation::Column::Id.is_in(done.iter().map(|id| id.0)))
                    .exec(transaction)
                    .await?;
                Ok(())
            })
        });
        Ok(told.await?)
    }
}
