//! [`WebhookDeliveries`] on SQL.

use app::wire::RoundId;
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, UpdateMany,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use super::{names, row};
use crate::{
    adapters::sql::{
        Answer, Duplicate, LedgerError, Sql,
        entity::{webhook_delivery, webhook_endpoint},
        inconsistent,
    },
    engine::ports::{
        Delivery, DeliveryFilter, DeliveryState, DueDelivery, PortError, Replay, SwitchedOff,
        WebhookBacklog, WebhookDeliveries, WebhookEvent,
    },
};

/// Longest reason in characters, as the column has it.
const WHY: usize = 200;

fn due(endpoint_id: Uuid, now_ms: i64, limit: u32) -> Select<webhook_delivery::Entity> {
    webhook_delivery::Entity::find()
        .filter(webhook_delivery::Column::EndpointId.eq(endpoint_id))
        .filter(webhook_delivery::Column::NextAtMs.lte(now_ms))
        .order_by_asc(webhook_delivery::Column::NextAtMs)
        .limit(u64::from(limit))
}

async fn take(
    transaction: &DatabaseTransaction,
    (endpoint_id, now_ms, until_ms, limit): (Uuid, i64, i64, u32),
) -> Result<Vec<webhook_delivery::Model>, LedgerError> {
    // Whoever waited for another instance's lock finds what that one took no longer due.
    let rows = due(endpoint_id, now_ms, limit)
        .lock_exclusive()
        .all(transaction)
        .await?;
    set_next(rows.iter().map(|row| row.id), Some(until_ms))
        .exec(transaction)
        .await?;
    Ok(rows)
}

fn set_next(
    ids: impl IntoIterator<Item = Uuid>,
    next_at_ms: Option<i64>,
) -> UpdateMany<webhook_delivery::Entity> {
    webhook_delivery::Entity::update_many()
        .col_expr(webhook_delivery::Column::NextAtMs, Expr::value(next_at_ms))
        .filter(webhook_delivery::Column::Id.is_in(ids))
        .filter(webhook_delivery::Column::DeliveredAtMs.is_null())
}

/// The same message of the same endpoint.
fn there() -> OnConflict {
    let key = [
        webhook_delivery::Column::EndpointId,
        webhook_delivery::Column::Event,
        webhook_delivery::Column::SubjectId,
    ];
    OnConflict::columns(key)
        .do_nothing_on([webhook_delivery::Column::Id])
        .to_owned()
}

fn in_state(
    found: Select<webhook_delivery::Entity>,
    state: DeliveryState,
) -> Select<webhook_delivery::Entity> {
    let (next, delivered) = (
        webhook_delivery::Column::NextAtMs,
        webhook_delivery::Column::DeliveredAtMs,
    );
    match state {
        DeliveryState::Waiting => found.filter(next.is_not_null()),
        DeliveryState::Delivered => found.filter(delivered.is_not_null()),
        DeliveryState::GivenUp => found.filter(next.is_null()).filter(delivered.is_null()),
    }
}

fn shown(row: webhook_delivery::Model) -> Result<Delivery, PortError> {
    let state = match (row.next_at_ms, row.delivered_at_ms) {
        (_, Some(_)) => DeliveryState::Delivered,
        (Some(_), None) => DeliveryState::Waiting,
        (None, None) => DeliveryState::GivenUp,
    };
    let event = row.event.parse();
    Ok(Delivery {
        delivery_id: row.id,
        endpoint_id: row.endpoint_id,
        event: event.map_err(|_| inconsistent(format!("unknown event {}", row.event)))?,
        subject_id: row.subject_id,
        at_ms: row.at_ms,
        state,
        tries: row.tries.unsigned_abs(),
        next_at_ms: row.next_at_ms,
        last_status: row
            .last_status
            .and_then(|status| u16::try_from(status).ok()),
        last_error: row.last_error,
    })
}

#[async_trait]
impl WebhookDeliveries for Sql {
    async fn take_due(
        &self,
        endpoint_id: Uuid,
        now_ms: i64,
        until_ms: i64,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, PortError> {
        // Mostly there is none, and nothing to be written.
        let first = due(endpoint_id, now_ms, 1)
            .one(&self.read)
            .answer(self)
            .await?;
        if first.is_none() {
            return Ok(Vec::new());
        }
        let taken = self.transact(
            Duplicate::Answer,
            (endpoint_id, now_ms, until_ms, limit),
            |transaction, &which| Box::pin(take(transaction, which)),
        );
        self.with_subjects(taken.await?).await
    }

    async fn delivered(
        &self,
        delivery_id: Uuid,
        status: u16,
        now_ms: i64,
    ) -> Result<(), PortError> {
        set_next([delivery_id], None)
            .col_expr(webhook_delivery::Column::DeliveredAtMs, Expr::value(now_ms))
            .col_expr(
                webhook_delivery::Column::LastStatus,
                Expr::value(i32::from(status)),
            )
            .col_expr(
                webhook_delivery::Column::LastError,
                Expr::value(None::<String>),
            )
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn not_delivered(
        &self,
        delivery_id: Uuid,
        status: Option<u16>,
        error: &str,
        next_at_ms: Option<i64>,
    ) -> Result<(), PortError> {
        let error: String = error.chars().take(WHY).collect();
        let tries = Expr::col(webhook_delivery::Column::Tries).add(1);
        set_next([delivery_id], next_at_ms)
            .col_expr(webhook_delivery::Column::Tries, tries)
            .col_expr(
                webhook_delivery::Column::LastStatus,
                Expr::value(status.map(i32::from)),
            )
            .col_expr(webhook_delivery::Column::LastError, Expr::value(error))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn give_back(&self, delivery_ids: &[Uuid], next_at_ms: i64) -> Result<(), PortError> {
        set_next(delivery_ids.iter().copied(), Some(next_at_ms))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn rest(&self, endpoint_id: Uuid, until_ms: i64) -> Result<(), PortError> {
        webhook_endpoint::Entity::update_many()
            .col_expr(
                webhook_endpoint::Column::RestsUntilMs,
                Expr::value(until_ms),
            )
            .filter(webhook_endpoint::Column::Id.eq(endpoint_id))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn gone(&self, endpoint_id: Uuid, off: &SwitchedOff) -> Result<(), PortError> {
        let why: String = off.why.chars().take(WHY).collect();
        webhook_endpoint::Entity::update_many()
            .col_expr(
                webhook_endpoint::Column::SwitchedOffAtMs,
                Expr::value(off.at_ms),
            )
            .col_expr(
                webhook_endpoint::Column::SwitchedOffBecause,
                Expr::value(why),
            )
            .filter(webhook_endpoint::Column::Id.eq(endpoint_id))
            .filter(webhook_endpoint::Column::SwitchedOffAtMs.is_null())
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn announce(
        &self,
        event: WebhookEvent,
        round_id: RoundId,
        at_ms: i64,
    ) -> Result<u32, PortError> {
        let endpoints = webhook_endpoint::Entity::find()
            .filter(webhook_endpoint::Column::SwitchedOffAtMs.is_null())
            .filter(webhook_endpoint::Column::CreatedAtMs.lte(at_ms))
            .all(&self.read)
            .answer(self)
            .await?;
        let told: Vec<_> = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::Event.eq(event.name()))
            .filter(webhook_delivery::Column::SubjectId.eq(round_id.0))
            .filter(webhook_delivery::Column::EndpointId.is_in(endpoints.iter().map(|row| row.id)))
            .all(&self.read)
            .answer(self)
            .await?;
        let mut written = 0;
        for endpoint in endpoints {
            let is_told = told.iter().any(|row| row.endpoint_id == endpoint.id);
            if is_told || !names(&endpoint.events, event) {
                continue;
            }
            // Another instance may write the same at this moment.
            let message = row(endpoint.id, event, round_id.0, at_ms);
            let inserted = webhook_delivery::Entity::insert_many([message])
                .on_conflict(there())
                .exec_without_returning(&self.write)
                .answer(self)
                .await?;
            written += inserted as u32;
        }
        Ok(written)
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> Result<Vec<Delivery>, PortError> {
        let mut found = webhook_delivery::Entity::find();
        if let Some(endpoint_id) = filter.endpoint_id {
            found = found.filter(webhook_delivery::Column::EndpointId.eq(endpoint_id));
        }
        if let Some(state) = filter.state {
            found = in_state(found, state);
        }
        let rows = found
            .order_by_desc(webhook_delivery::Column::AtMs)
            .order_by_desc(webhook_delivery::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(shown).collect()
    }

    async fn replay(&self, replay: &Replay, now_ms: i64) -> Result<u32, PortError> {
        let mut again = webhook_delivery::Entity::update_many()
            .col_expr(
                webhook_delivery::Column::NextAtMs,
                Expr::value(Some(now_ms)),
            )
            .col_expr(
                webhook_delivery::Column::DeliveredAtMs,
                Expr::value(None::<i64>),
            )
            .col_expr(webhook_delivery::Column::Tries, Expr::value(0));
        again = match replay {
            Replay::One(id) => again.filter(webhook_delivery::Column::Id.eq(*id)),
            Replay::Since {
                endpoint_id,
                since_ms,
                delivered_too,
            } => {
                let ended = again
                    .filter(webhook_delivery::Column::EndpointId.eq(*endpoint_id))
                    .filter(webhook_delivery::Column::AtMs.gte(*since_ms))
                    .filter(webhook_delivery::Column::NextAtMs.is_null());
                match delivered_too {
                    true => ended,
                    false => ended.filter(webhook_delivery::Column::DeliveredAtMs.is_null()),
                }
            }
        };
        let again = again.exec(&self.write).answer(self).await?;
        Ok(u32::try_from(again.rows_affected).unwrap_or(u32::MAX))
    }

    async fn backlog(&self) -> Result<WebhookBacklog, PortError> {
        let waiting = in_state(webhook_delivery::Entity::find(), DeliveryState::Waiting);
        let oldest: Option<Option<i64>> = waiting
            .clone()
            .select_only()
            .column_as(webhook_delivery::Column::AtMs.min(), "oldest")
            .into_tuple()
            .one(&self.read)
            .answer(self)
            .await?;
        Ok(WebhookBacklog {
            waiting: waiting.count(&self.read).answer(self).await?,
            oldest_at_ms: oldest.flatten(),
        })
    }

    async fn purge_deliveries(&self, before_ms: i64, limit: u32) -> Result<u32, PortError> {
        let old: Vec<Uuid> = webhook_delivery::Entity::find()
            .select_only()
            .column(webhook_delivery::Column::Id)
            .filter(webhook_delivery::Column::AtMs.lt(before_ms))
            .filter(webhook_delivery::Column::NextAtMs.is_null())
            .order_by_asc(webhook_delivery::Column::AtMs)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        self.delete::<webhook_delivery::Entity>(webhook_delivery::Column::Id, old)
            .await
    }
}
