//! Reservations for their owners, and those whose end the gate must be told, on SQL.

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    Answer, Duplicate, Sql, counter,
    entity::{order, reservation},
    held, inconsistent,
};
use crate::engine::ports::{
    DueConfirms, DueRelease, DueReleases, Lookup, PortError, QueuedReservation, ReservationReader,
    ReservationRecord, Unit,
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
    let unit = unit(&row);
    let reason = row.reason.map(|word| {
        serde_json::from_value(word.into()).map_err(|_| inconsistent("unknown reason"))
    });
    Ok(ReservationRecord {
        unit,
        position: counter(row.position)?,
        state,
        order_id: order.map(|order| OrderId(order.id)),
        reason: reason.transpose()?,
        held_at_ms: row.held_at_ms,
    })
}

/// The row of a reservation that waits for its order.
pub(super) fn queued_row(queued: &QueuedReservation) -> reservation::ActiveModel {
    reservation::ActiveModel {
        id: Set(queued.unit.reservation_id.0),
        item_id: Set(queued.unit.item_id.0),
        buyer_id: Set(queued.unit.buyer.0),
        path: Set(queued.path.clone()),
        position: Set(i64::from(queued.position)),
        held_at_ms: Set(queued.held_at_ms),
        state: Set(reservation::State::Queued),
        reason: Set(None::<String>),
        release_due_at_ms: Set(None::<i64>),
        confirm_due_at_ms: Set(None::<i64>),
        tries: Set(0),
        replayed: Set(queued.replayed),
    }
}

#[async_trait]
impl ReservationReader for Sql {
    async fn get(
        &self,
        id: ReservationId,
        _: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        let found = reservation::Entity::find_by_id(id.0)
            .find_also_related(order::Entity)
            .one(&self.read)
            .answer(self)
            .await?;
        found.map(|(row, order)| record(row, order)).transpose()
    }

    /// The ledger alone cannot tell.
    async fn trace(
        &self,
        _: ReservationId,
        _: AccountId,
    ) -> Result<Lookup<ReservationRecord>, PortError> {
        Ok(Lookup::Unknown)
    }

    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        let has_no_other = Condition::any()
            .add(reservation::Column::Reason.is_null())
            .add(reservation::Column::Reason.ne(Rejection::AlreadyReserved.code()));
        let found = reservation::Entity::find()
            .filter(reservation::Column::ItemId.eq(item_id.0))
            .filter(reservation::Column::BuyerId.eq(buyer.0))
            .filter(has_no_other)
            .order_by_desc(reservation::Column::HeldAtMs)
            .order_by_desc(reservation::Column::Position)
            .find_also_related(order::Entity)
            .one(&self.read)
            .answer(self)
            .await?;
        found.map(|(row, order)| record(row, order)).transpose()
    }

    async fn without_order(
        &self,
        buyer: AccountId,
        failed_since_ms: i64,
        limit: u32,
    ) -> Result<Vec<ReservationRecord>, PortError> {
        let queued = reservation::Column::State.eq(reservation::State::Queued);
        let failed_lately = Condition::all()
            .add(reservation::Column::State.eq(reservation::State::Failed))
            .add(reservation::Column::HeldAtMs.gte(failed_since_ms));
        let rows = reservation::Entity::find()
            .filter(reservation::Column::BuyerId.eq(buyer.0))
            .filter(Condition::any().add(queued).add(failed_lately))
            // "queued" comes after "failed" in the alphabet.
            .order_by_desc(reservation::Column::State)
            .order_by_desc(reservation::Column::HeldAtMs)
            .order_by_desc(reservation::Column::Position)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(|row| record(row, None)).collect()
    }
}

impl Sql {
    /// Reservations of which the gate must be told, marked by an instant in `due`: the oldest
    /// first, after the first `skip`.
    async fn due_in_gate(
        &self,
        due: reservation::Column,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<reservation::Model>, PortError> {
        reservation::Entity::find()
            .filter(due.is_not_null())
            .order_by_asc(due)
            .order_by_asc(reservation::Column::Id)
            .offset(u64::from(skip))
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await
    }

    /// Records that the gate was told of these.
    async fn told_gate(
        &self,
        due: reservation::Column,
        done: &[ReservationId],
    ) -> Result<(), PortError> {
        if done.is_empty() {
            return Ok(());
        }
        let told = self.transact(Duplicate::Answer, done, move |transaction, done| {
            Box::pin(async move {
                reservation::Entity::update_many()
                    .col_expr(due, Expr::value(None::<i64>))
                    .filter(reservation::Column::Id.is_in(done.iter().map(|id| id.0)))
                    .exec(transaction)
                    .await?;
                Ok(())
            })
        });
        Ok(told.await?)
    }
}

/// The unit of a reservation's row.
pub(super) fn unit(row: &reservation::Model) -> Unit {
    Unit {
        item_id: ItemId(row.item_id),
        buyer: AccountId(row.buyer_id),
        reservation_id: ReservationId(row.id),
    }
}

#[async_trait]
impl DueReleases for Sql {
    async fn due_releases(&self, skip: u32, limit: u32) -> Result<Vec<DueRelease>, PortError> {
        let due = reservation::Column::ReleaseDueAtMs;
        let rows = self.due_in_gate(due, skip, limit).await?;
        let due = rows.iter().map(|row| DueRelease {
            release: held::release(row.reason.as_deref()),
            unit: unit(row),
        });
        Ok(due.collect())
    }

    async fn released(&self, done: &[ReservationId]) -> Result<(), PortError> {
        let due = reservation::Column::ReleaseDueAtMs;
        self.told_gate(due, done).await
    }
}

#[async_trait]
impl DueConfirms for Sql {
    async fn due_confirms(&self, skip: u32, limit: u32) -> Result<Vec<Unit>, PortError> {
        let due = reservation::Column::ConfirmDueAtMs;
        let rows = self.due_in_gate(due, skip, limit).await?;
        Ok(rows.iter().map(unit).collect())
    }

    async fn confirmed(&self, done: &[ReservationId]) -> Result<(), PortError> {
        let due = reservation::Column::ConfirmDueAtMs;
        self.told_gate(due, done).await
    }
}
