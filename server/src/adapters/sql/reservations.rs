//! [`Reservations`] on SQL.

use std::time::Duration;

use app::wire::{AccountId, ItemId, OrderId, ReservationId, ReservationState};
use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Answer, Duplicate, Sql, counter,
    entity::{item, order, reservation, round},
    held, inconsistent,
};
use crate::engine::ports::{
    Filling, Holder, ItemSnapshot, ItemSummary, PortError, QueuedReservation, ReservationRecord,
    Reservations, Standing, Unit,
};

/// How long reading an item may take, all of its holders included.
const SNAPSHOT: Duration = Duration::from_secs(20);

fn record(
    row: reservation::Model,
    order: Option<order::Model>,
) -> Result<ReservationRecord, PortError> {
    let state = match row.state {
        reservation::State::Queued => ReservationState::Queued,
        reservation::State::Ordered => ReservationState::Ordered,
        reservation::State::Failed => ReservationState::Failed,
    };
    let reason = row.reason.map(|word| {
        serde_json::from_value(word.into()).map_err(|_| inconsistent("unknown reason"))
    });
    Ok(ReservationRecord {
        reservation_id: ReservationId(row.id),
        item_id: ItemId(row.item_id),
        buyer: AccountId(row.buyer_id),
        position: counter(row.position)?,
        state,
        order_id: order.map(|order| OrderId(order.id)),
        reason: reason.transpose()?,
    })
}

/// A reservation that waits for its order, as a row.
pub(super) fn queued_row(queued: &QueuedReservation) -> reservation::ActiveModel {
    reservation::ActiveModel {
        id: Set(queued.reservation_id.0),
        item_id: Set(queued.item_id.0),
        buyer_id: Set(queued.buyer.0),
        path: Set(queued.path.clone()),
        position: Set(i64::from(queued.position)),
        held_at_ms: Set(queued.held_at_ms),
        state: Set(reservation::State::Queued),
        reason: Set(None::<String>),
        release_due_at_ms: Set(None::<i64>),
        tries: Set(0),
    }
}

#[async_trait]
impl Reservations for Sql {
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError> {
        let read = self.read_consistently(SNAPSHOT, item_id, |read, &item_id| {
            Box::pin(async move {
                let Some(summary) = held::summary(read, item_id).await? else {
                    return Ok(None);
                };
                let holders = held::all_holders(read, item_id, summary.holding).await?;
                Ok(Some(ItemSnapshot { summary, holders }))
            })
        });
        Ok(read.await?)
    }

    async fn summary(&self, item_id: ItemId) -> Result<Option<ItemSummary>, PortError> {
        // One state of the ledger: the counters and the rows they are corrected by must agree.
        let read = self.read_consistently(SNAPSHOT, item_id, |read, &item_id| {
            Box::pin(held::summary(read, item_id))
        });
        Ok(read.await?)
    }

    async fn holders(
        &self,
        item_id: ItemId,
        after: Option<Holder>,
        limit: u32,
    ) -> Result<Vec<Holder>, PortError> {
        let read = self.read_consistently(SNAPSHOT, after, |read, &after| {
            Box::pin(held::holders(read, item_id, after, limit))
        });
        Ok(read.await?)
    }

    async fn standing(&self, ids: &[ReservationId]) -> Result<Vec<Standing>, PortError> {
        let read = self.read_consistently(SNAPSHOT, ids, |read, ids| {
            Box::pin(held::standing(read, ids))
        });
        Ok(read.await?)
    }

    async fn filling(&self, item_id: ItemId) -> Result<Option<Filling>, PortError> {
        let found = item::Entity::find_by_id(item_id.0)
            .find_also_related(round::Entity)
            .filter(round::Column::Status.eq(round::Status::Approved))
            .one(&self.read)
            .answer()
            .await?;
        let filling = |(item, _): (item::Model, _)| {
            Ok(Filling {
                epoch: item.gate_epoch,
                segments: held::segments(&item)?,
            })
        };
        found.map(filling).transpose()
    }

    async fn get(&self, id: ReservationId) -> Result<Option<ReservationRecord>, PortError> {
        let found = reservation::Entity::find_by_id(id.0)
            .find_also_related(order::Entity)
            .one(&self.read)
            .answer()
            .await?;
        found.map(|(row, order)| record(row, order)).transpose()
    }

    async fn begin_epoch(
        &self,
        item_id: ItemId,
        epoch: Uuid,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError> {
        let current = match instead_of {
            Some(earlier) => item::Column::GateEpoch.eq(earlier),
            None => item::Column::GateEpoch.is_null(),
        };
        let begun = item::Entity::update_many()
            .col_expr(item::Column::GateEpoch, Expr::value(Some(epoch)))
            .filter(item::Column::Id.eq(item_id.0))
            .filter(current)
            .exec(&self.write)
            .answer()
            .await?;
        Ok(begun.rows_affected == 1)
    }

    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        let found = reservation::Entity::find()
            .filter(reservation::Column::ItemId.eq(item_id.0))
            .filter(reservation::Column::BuyerId.eq(buyer.0))
            .order_by_desc(reservation::Column::HeldAtMs)
            .order_by_desc(reservation::Column::Position)
            .find_also_related(order::Entity)
            .one(&self.read)
            .answer()
            .await?;
        found.map(|(row, order)| record(row, order)).transpose()
    }

    async fn due_releases(&self, limit: u32) -> Result<Vec<Unit>, PortError> {
        let rows = reservation::Entity::find()
            .filter(reservation::Column::ReleaseDueAtMs.is_not_null())
            .order_by_asc(reservation::Column::ReleaseDueAtMs)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer()
            .await?;
        let due = rows.into_iter().map(|row| Unit {
            item_id: ItemId(row.item_id),
            buyer: AccountId(row.buyer_id),
            reservation_id: ReservationId(row.id),
        });
        Ok(due.collect())
    }

    async fn released(&self, done: &[ReservationId]) -> Result<(), PortError> {
        if done.is_empty() {
            return Ok(());
        }
        let told = self.transact(Duplicate::Answer, done, |transaction, done| {
            Box::pin(async move {
                reservation::Entity::update_many()
                    .col_expr(
                        reservation::Column::ReleaseDueAtMs,
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
