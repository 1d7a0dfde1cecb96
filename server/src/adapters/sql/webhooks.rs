//! Webhooks on SQL: endpoints, messages, and adding a message inside the transaction of the change it reports.

mod deliveries;
mod endpoints;
mod told_of;

use app::wire::OrderEvent;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::{
    entity::{webhook_delivery, webhook_endpoint},
    errors::LedgerError,
};
use crate::engine::ports::WebhookEvent;

/// The webhook event of an order's event. Reservations and owed money stay inside the shop.
pub fn told_of(event: OrderEvent) -> Option<WebhookEvent> {
    match event {
        OrderEvent::Ordered => Some(WebhookEvent::OrderCreated),
        OrderEvent::Paid => Some(WebhookEvent::OrderPaid),
        OrderEvent::ClosedUnpaid | OrderEvent::Cancelled => Some(WebhookEvent::OrderClosed),
        OrderEvent::Shipped => Some(WebhookEvent::OrderShipped),
        OrderEvent::Received => Some(WebhookEvent::OrderReceived),
        OrderEvent::Reserved | OrderEvent::RefundDue | OrderEvent::Refunding => None,
        // A refund of any payment, perhaps not the order's own: that one `refunds` reports.
        OrderEvent::Refunded => None,
    }
}

/// Adds messages about orders for every subscribed endpoint. Without endpoints this costs one read.
pub async fn add(
    transaction: &DatabaseTransaction,
    happened: &[(WebhookEvent, Uuid)],
    now_ms: i64,
) -> Result<(), LedgerError> {
    if happened.is_empty() {
        return Ok(());
    }
    let endpoints: Vec<(Uuid, String)> = webhook_endpoint::Entity::find()
        .select_only()
        .column(webhook_endpoint::Column::Id)
        .column(webhook_endpoint::Column::Events)
        .filter(webhook_endpoint::Column::SwitchedOffAtMs.is_null())
        .into_tuple()
        .all(transaction)
        .await?;
    let mut rows = Vec::new();
    for (endpoint_id, events) in &endpoints {
        let told = happened.iter().filter(|(event, _)| names(events, *event));
        rows.extend(told.map(|&(event, order_id)| row(*endpoint_id, event, order_id, now_ms)));
    }
    // Twelve values a row: below every database's limit of bind parameters.
    for rows in rows.chunks(ROWS) {
        webhook_delivery::Entity::insert_many(rows.to_vec())
            .on_conflict(there())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Rows that are written by one statement.
const ROWS: usize = 512;

/// Keeps an existing message of the same endpoint: a message must never make the reported change fail.
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

/// Whether an event is in this comma-separated list.
fn names(events: &str, event: WebhookEvent) -> bool {
    events.split(',').any(|name| name == event.name())
}

/// A message that is due at once.
fn row(
    endpoint_id: Uuid,
    event: WebhookEvent,
    subject_id: Uuid,
    at_ms: i64,
) -> webhook_delivery::ActiveModel {
    webhook_delivery::ActiveModel {
        id: Set(Uuid::now_v7()),
        endpoint_id: Set(endpoint_id),
        event: Set(event.name().to_owned()),
        subject_id: Set(subject_id),
        at_ms: Set(at_ms),
        waits_since_ms: Set(at_ms),
        tries: Set(0),
        next_at_ms: Set(Some(at_ms)),
        delivered_at_ms: Set(None),
        last_status: Set(None),
        last_error: Set(None),
    }
}
