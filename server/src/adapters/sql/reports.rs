//! [`RoundReports`] on SQL.

use std::time::Duration;

use app::wire::{FailureCount, ItemDetail, ItemId, Rejection, Round, RoundId};
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};
use uuid::Uuid;

use super::{
    Answer, LedgerError, Sql,
    catalogue::{local, stopped},
    catalogue_overview::round_overview,
    entity::{order, reservation, round},
    words::parsed,
};
use crate::engine::ports::{PortError, ReportedOrder, RoundFigures, RoundReports};

/// Time limit of a report's reads: less than a request's.
const REPORT: Duration = Duration::from_secs(8);

/// The columns of a [`ReportedOrder`].
type Row = (
    Uuid,
    i64,
    order::State,
    Option<order::CloseReason>,
    i64,
    Option<i64>,
    Option<i64>,
    i64,
);

#[async_trait]
impl RoundReports for Sql {
    async fn figures(
        &self,
        round_id: RoundId,
        limit: u32,
    ) -> Result<Option<RoundFigures>, PortError> {
        let read = self.read_consistently(
            REPORT,
            (self, round_id, limit),
            |read, &(sql, round_id, limit)| Box::pin(figures(sql, read, round_id, limit)),
        );
        Ok(read.await?)
    }

    async fn round_with_details(
        &self,
        round_id: RoundId,
    ) -> Result<Option<(Round, Vec<ItemDetail>)>, PortError> {
        let found = round::Entity::find_by_id(round_id.0).one(&self.read);
        let Some(row) = found.answer(self).await? else {
            return Ok(None);
        };
        let items = self.items_of(&self.read, [row.id]).await?.into_iter();
        let items = items.map(|(item, product)| self.detail(&item, product, &row));
        let items = items.collect::<Result<Vec<_>, PortError>>()?;
        let round = Round {
            round_id,
            stopped: stopped(&row),
            items: items.iter().map(|detail| detail.item.clone()).collect(),
            title: local(row.title_zh, row.title_en),
            starts_at_ms: row.starts_at_ms,
            ends_at_ms: row.ends_at_ms,
        };
        Ok(Some((round, items)))
    }
}

async fn figures(
    sql: &Sql,
    read: &DatabaseTransaction,
    round_id: RoundId,
    limit: u32,
) -> Result<Option<RoundFigures>, LedgerError> {
    let Some(row) = round::Entity::find_by_id(round_id.0).one(read).await? else {
        return Ok(None);
    };
    let items = sql.items_of(read, [row.id]).await?;
    let round = round_overview(row, items)?;
    let items: Vec<Uuid> = round.items.iter().map(|item| item.item_id.0).collect();
    let mut orders = orders_of(read, &items, u64::from(limit) + 1).await?;
    let is_cut = orders.len() > limit as usize;
    orders.truncate(limit as usize);
    Ok(Some(RoundFigures {
        round,
        orders,
        is_cut,
        failures: failures_of(read, &items).await?,
    }))
}

async fn orders_of(
    read: &DatabaseTransaction,
    items: &[Uuid],
    limit: u64,
) -> Result<Vec<ReportedOrder>, LedgerError> {
    let rows: Vec<Row> = order::Entity::find()
        .select_only()
        .column(order::Column::ItemId)
        .column(order::Column::Amount)
        .column(order::Column::State)
        .column(order::Column::CloseReason)
        .column(order::Column::CreatedAtMs)
        .column(order::Column::PaidAtMs)
        .column(order::Column::ClosedAtMs)
        .column(reservation::Column::HeldAtMs)
        .join(JoinType::InnerJoin, order::Relation::Reservation.def())
        .filter(order::Column::ItemId.is_in(items.iter().copied()))
        .order_by_asc(order::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(read)
        .await?;
    Ok(rows.into_iter().map(reported).collect())
}

async fn failures_of(
    read: &DatabaseTransaction,
    items: &[Uuid],
) -> Result<Vec<FailureCount>, LedgerError> {
    let rows: Vec<(Option<String>, i64)> = reservation::Entity::find()
        .select_only()
        .column(reservation::Column::Reason)
        .column_as(reservation::Column::Id.count(), "reservations")
        .filter(reservation::Column::ItemId.is_in(items.iter().copied()))
        .filter(reservation::Column::State.eq(reservation::State::Failed))
        .group_by(reservation::Column::Reason)
        .into_tuple()
        .all(read)
        .await?;
    let failures = rows.into_iter().map(|(reason, reservations)| FailureCount {
        reason: reason.and_then(|reason| parsed::<Rejection>(&reason).ok()),
        reservations: reservations.unsigned_abs(),
    });
    Ok(failures.collect())
}

fn reported(row: Row) -> ReportedOrder {
    let (item_id, amount, state, close_reason, created_at_ms, paid_at_ms, closed_at_ms, held_at_ms) =
        row;
    ReportedOrder {
        item_id: ItemId(item_id),
        amount,
        state: state.into(),
        close_reason: close_reason.map(Into::into),
        held_at_ms,
        created_at_ms,
        paid_at_ms,
        closed_at_ms,
    }
}
