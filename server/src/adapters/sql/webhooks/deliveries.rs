//! [`WebhookDeliveries`] on SQL.

use app::wire::{Action, RoundId};
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, UpdateMany,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use uuid::Uuid;

use super::{names, row, there};
use crate::{
    adapters::sql::{
        Answer, Duplicate, LedgerError, Sql,
        activity_log::{self, NewActivity},
        entity::{webhook_delivery, webhook_endpoint},
    },
    engine::ports::{
        ChangedBy, Delivery, DeliveryFilter, DeliveryOutcome, DeliveryState, DueDelivery,
        PortError, Replay, SwitchedOff, WebhookBacklog, WebhookDeliveries, WebhookEvent,
    },
};

/// Longest reason in characters, as the column allows.
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
    // After waiting for another instance's lock, the messages it took are no longer due here.
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

async fn record(
    transaction: &DatabaseTransaction,
    outcomes: &[DeliveryOutcome],
    now_ms: i64,
) -> Result<(), LedgerError> {
    for outcome in outcomes {
        let failure = outcome.failure.as_ref();
        let error = failure.map(|failure| failure.error.chars().take(WHY).collect::<String>());
        let next_at_ms = failure.and_then(|failure| failure.next_at_ms);
        let delivered_at_ms = failure.is_none().then_some(now_ms);
        let tries = i32::from(failure.is_some());
        set_next([outcome.delivery_id], next_at_ms)
            .col_expr(
                webhook_delivery::Column::Tries,
                Expr::col(webhook_delivery::Column::Tries).add(tries),
            )
            .col_expr(
                webhook_delivery::Column::DeliveredAtMs,
                Expr::value(delivered_at_ms),
            )
            .col_expr(
                webhook_delivery::Column::LastStatus,
                Expr::value(outcome.status.map(i32::from)),
            )
            .col_expr(webhook_delivery::Column::LastError, Expr::value(error))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

async fn again(
    transaction: &DatabaseTransaction,
    replay: &Replay,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<u32, LedgerError> {
    let mut again = webhook_delivery::Entity::update_many()
        .col_expr(
            webhook_delivery::Column::NextAtMs,
            Expr::value(Some(now_ms)),
        )
        .col_expr(
            webhook_delivery::Column::DeliveredAtMs,
            Expr::value(None::<i64>),
        )
        .col_expr(webhook_delivery::Column::WaitsSinceMs, Expr::value(now_ms))
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
    let again = again.exec(transaction).await?.rows_affected;
    if again == 0 {
        return Ok(0);
    }
    let (subject_id, what) = match replay {
        Replay::One(id) => (*id, json!({ "delivery_id": id })),
        Replay::Since {
            endpoint_id,
            since_ms,
            delivered_too,
        } => (
            *endpoint_id,
            json!({
                "endpoint_id": endpoint_id,
                "since_ms": since_ms,
                "delivered_too": delivered_too,
                "messages": again,
            }),
        ),
    };
    let activity = NewActivity {
        action: Action::ReplayMessage,
        subject_id,
        old_value: None,
        new_value: Some(what),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(u32::try_from(again).unwrap_or(u32::MAX))
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

fn shown(row: webhook_delivery::Model) -> Delivery {
    let state = match (row.next_at_ms, row.delivered_at_ms) {
        (_, Some(_)) => DeliveryState::Delivered,
        (Some(_), None) => DeliveryState::Waiting,
        (None, None) => DeliveryState::GivenUp,
    };
    Delivery {
        delivery_id: row.id,
        endpoint_id: row.endpoint_id,
        event: row.event,
        subject_id: row.subject_id,
        at_ms: row.at_ms,
        state,
        tries: row.tries.unsigned_abs(),
        next_at_ms: row.next_at_ms,
        last_status: row
            .last_status
            .and_then(|status| u16::try_from(status).ok()),
        last_error: row.last_error,
    }
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
        // Usually there is none, and nothing to write.
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
        let (due, lost) = self.with_subjects(taken.await?).await?;
        if !lost.is_empty() {
            self.give_up(&lost).await?;
        }
        Ok(due)
    }

    async fn record(&self, outcomes: &[DeliveryOutcome], now_ms: i64) -> Result<(), PortError> {
        let recorded = self.transact(
            Duplicate::Answer,
            (outcomes, now_ms),
            |transaction, &(outcomes, now_ms)| Box::pin(record(transaction, outcomes, now_ms)),
        );
        Ok(recorded.await?)
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
            // Of several answers at once, the longest pause wins.
            .filter(webhook_endpoint::Column::RestsUntilMs.lt(until_ms))
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
        let first = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::Event.eq(event.name()))
            .filter(webhook_delivery::Column::SubjectId.eq(round_id.0))
            .order_by_asc(webhook_delivery::Column::AtMs)
            .one(&self.read)
            .answer(self)
            .await?;
        // Uses the time that other endpoints were told, not the time this process found it.
        let at_ms = first.map_or(at_ms, |first| Ord::min(first.at_ms, at_ms));
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
        Ok(rows.into_iter().map(shown).collect())
    }

    async fn replay(&self, replay: &Replay, by: &ChangedBy, now_ms: i64) -> Result<u32, PortError> {
        let replayed = self.transact(
            Duplicate::Answer,
            (replay, by, now_ms),
            |transaction, &(replay, by, now_ms)| Box::pin(again(transaction, replay, by, now_ms)),
        );
        Ok(replayed.await?)
    }

    async fn backlog(&self) -> Result<WebhookBacklog, PortError> {
        let on = webhook_endpoint::Entity::find()
            .select_only()
            .column(webhook_endpoint::Column::Id)
            .filter(webhook_endpoint::Column::SwitchedOffAtMs.is_null())
            .into_query();
        let waiting = in_state(webhook_delivery::Entity::find(), DeliveryState::Waiting)
            .filter(webhook_delivery::Column::EndpointId.in_subquery(on));
        let oldest: Option<Option<i64>> = waiting
            .clone()
            .select_only()
            .column_as(webhook_delivery::Column::WaitsSinceMs.min(), "oldest")
            .into_tuple()
            .one(&self.read)
            .answer(self)
            .await?;
        Ok(WebhookBacklog {
            waiting: waiting.count(&self.read).answer(self).await?,
            waits_since_ms: oldest.flatten(),
        })
    }

    async fn purge_deliveries(&self, before_ms: i64, limit: u32) -> Result<u32, PortError> {
        let old: Vec<Uuid> = webhook_delivery::Entity::find()
            .select_only()
            .column(webhook_delivery::Column::Id)
            .filter(webhook_delivery::Column::AtMs.lt(before_ms))
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
