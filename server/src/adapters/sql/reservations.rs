//! [`Reservations`] on SQL.

use std::time::Duration;

use app::wire::{AccountId, ItemId, OrderId, ReservationId, ReservationState};
use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    catalogue::window,
    counter,
    entity::{item, order, reservation, round},
    inconsistent,
};
use crate::engine::ports::{
    Filling, GateStock, Holder, ItemSnapshot, PortError, QueuedReservation, ReservationRecord,
    Reservations, Unit,
};

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

/// How many pieces the stock is in.
fn segments(item: &item::Model) -> Result<u8, PortError> {
    u8::try_from(item.segments)
        .ok()
        .filter(|segments| (1..=64).contains(segments))
        .ok_or_else(|| inconsistent(format!("{} segments", item.segments)))
}

/// Reservations whose unit the gate counts as held.
fn held_in_gate() -> Condition {
    Condition::any()
        .add(reservation::Column::State.eq(reservation::State::Queued))
        .add(reservation::Column::ReleaseDueAtMs.is_not_null())
}

/// How long reading an item may take: an item's holders are tens of thousands of rows at most.
const SNAPSHOT: Duration = Duration::from_secs(20);

type ItemRows = (
    item::Model,
    round::Model,
    Vec<(reservation::Model, Option<order::Model>)>,
    i64,
);

/// An item of an approved round, its round, the reservations that hold its units, and the highest
/// number given out.
async fn rows_of(
    read: &DatabaseTransaction,
    item_id: ItemId,
) -> Result<Option<ItemRows>, LedgerError> {
    let found = item::Entity::find_by_id(item_id.0)
        .find_also_related(round::Entity)
        .filter(round::Column::Status.eq(round::Status::Approved))
        .one(read)
        .await?;
    let Some((item, Some(round))) = found else {
        return Ok(None);
    };
    let rows = reservation::Entity::find()
        .find_also_related(order::Entity)
        .filter(reservation::Column::ItemId.eq(item_id.0))
        .filter(held_in_gate().add(order::Column::LiveKey.is_not_null()))
        .all(read)
        .await?;
    let last_position: Option<Option<i64>> = reservation::Entity::find()
        .select_only()
        .column_as(reservation::Column::Position.max(), "last")
        .filter(reservation::Column::ItemId.eq(item_id.0))
        .into_tuple()
        .one(read)
        .await?;
    Ok(Some((
        item,
        round,
        rows,
        last_position.flatten().unwrap_or(0),
    )))
}

#[async_trait]
impl Reservations for Sql {
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError> {
        // One state of the ledger: the counters and the rows they are corrected by must agree.
        let read = self.read_consistently(SNAPSHOT, item_id, |read, item_id| {
            Box::pin(rows_of(read, *item_id))
        });
        let Some((item, round, rows, last_position)) = read.await? else {
            return Ok(None);
        };
        let not_in_ledger = |row: &reservation::Model| {
            row.state == reservation::State::Queued || row.release_due_at_ms.is_some()
        };
        let ahead = rows.iter().filter(|(row, _)| not_in_ledger(row)).count() as i64;
        let holders = rows.iter().map(|(row, order)| {
            Ok(Holder {
                buyer: AccountId(row.buyer_id),
                reservation_id: ReservationId(row.id),
                position: counter(row.position)?,
                paid: order
                    .as_ref()
                    .is_some_and(|order| order.state == order::State::Paid),
            })
        });
        Ok(Some(ItemSnapshot {
            window: window(&round),
            stock: GateStock {
                total: counter(item.total)?,
                // Fewer than are promised can only be somebody's hand in the database: then the
                // gate sells none, and the order writer refuses the surplus.
                sellable: counter((item.sellable - ahead).max(0))?,
                locked: counter(item.locked + ahead.min(item.sellable))?,
                sold: counter(item.sold)?,
            },
            holders: holders.collect::<Result<_, PortError>>()?,
            last_position: counter(last_position)?,
            segments: segments(&item)?,
            epoch: item.gate_epoch,
        }))
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
                segments: segments(&item)?,
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
