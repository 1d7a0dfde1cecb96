//! [`app::port::Undeliverables`] over the engine: checks the permission, calls one use case.

use app::{
    port::{Confirmation, Undeliverables, Visitor},
    wire::{
        Action, ApiError, Parked, ParkedReservation, Permission, ReservationId, Undelivered,
        Webhook, WebhookMessage,
    },
};
use async_trait::async_trait;
use serde_json::json;
use uuid::Uuid;

use super::{Deps, drop_parked::drop_parked};
use crate::{
    chain::Chain,
    engine::{
        back_office::calls::{OfficeCalls, permitted},
        ports::{
            ChangedBy, Delivery, DeliveryFilter, DeliveryState, PortError, QueuedReservation,
            Replay, WebhookEndpoint,
        },
        wire_errors::port_error,
    },
};

/// Most entries of each list.
const SHOWN: u32 = 50;

#[async_trait]
impl Undeliverables for OfficeCalls {
    async fn undelivered(&self, visitor: &Visitor) -> Result<Undelivered, ApiError> {
        permitted(Permission::SeeUndelivered, visitor)?;
        let webhooks = &self.webhooks;
        let endpoints = webhooks.endpoints.endpoints().await.map_err(port_error)?;
        let listed = async |state| {
            let filter = DeliveryFilter {
                endpoint_id: None,
                state: Some(state),
            };
            let found = webhooks.deliveries.deliveries(&filter, SHOWN).await;
            let found = found.map_err(port_error)?.into_iter().map(message);
            Ok::<_, ApiError>(found.collect::<Vec<_>>())
        };
        let parked = parked(&self.orders).await;
        let parked = parked.inspect_err(
            |error| tracing::warn!(error = %Chain(error), "cannot read the parked reservations"),
        );
        Ok(Undelivered {
            parked: parked.ok(),
            webhooks: endpoints.into_iter().map(webhook).collect(),
            given_up: listed(DeliveryState::GivenUp).await?,
            waiting: listed(DeliveryState::Waiting).await?,
        })
    }

    async fn replay_parked(
        &self,
        visitor: &Visitor,
        only: Option<ReservationId>,
    ) -> Result<u32, ApiError> {
        let me = permitted(Permission::ResolveUndelivered, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let depth = self.orders.queue.depth().await.map_err(port_error)?;
        if depth.parked == 0 {
            return if only.is_some() {
                Err(ApiError::NotFound)
            } else {
                Ok(0)
            };
        }
        let subject = only.map_or(me.account_id.0, |id| id.0);
        let what = json!({ "reservation_id": only });
        self.note(Action::ReplayParked, subject, what, &by).await?;
        let replayed = self.orders.parked.replay_parked(only).await;
        let replayed = replayed.map_err(port_error)?;
        tracing::warn!(account_id = %by.name, replayed, "parked reservations were put back into the queue");
        match (only, replayed) {
            (Some(_), 0) => Err(ApiError::NotFound),
            (_, replayed) => Ok(replayed),
        }
    }

    async fn drop_parked(
        &self,
        visitor: &Visitor,
        reservation_id: ReservationId,
        confirmation: Confirmation,
    ) -> Result<(), ApiError> {
        let permission = Permission::ResolveUndelivered;
        let by = self.confirmed(permission, visitor, confirmation).await?;
        let found = self.orders.parked.find_parked(reservation_id).await;
        let entry = found.map_err(port_error)?.ok_or(ApiError::NotFound)?;
        let what = json!({ "reservation_id": reservation_id });
        self.note(Action::DropParked, reservation_id.0, what, &by)
            .await?;
        let dropped = drop_parked(&self.orders, entry).await;
        let outcome = dropped.map_err(port_error)?;
        tracing::warn!(%reservation_id, by = by.name, ?outcome, "a parked reservation was dropped");
        Ok(())
    }

    async fn replay_message(&self, visitor: &Visitor, delivery_id: Uuid) -> Result<(), ApiError> {
        let me = permitted(Permission::ResolveUndelivered, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let webhooks = &self.webhooks;
        let now_ms = webhooks.clock.now_ms();
        let replayed = webhooks
            .deliveries
            .replay(&Replay::One(delivery_id), &by, now_ms)
            .await;
        match replayed.map_err(port_error)? {
            0 => Err(ApiError::NotFound),
            _ => Ok(()),
        }
    }
}

impl OfficeCalls {
    /// Written before the action: the queue is not in the ledger, so no transaction covers both.
    async fn note(
        &self,
        action: Action,
        subject_id: Uuid,
        what: serde_json::Value,
        by: &ChangedBy,
    ) -> Result<(), ApiError> {
        let deps = &self.customers;
        let now_ms = deps.clock.now_ms();
        let noted = deps.activity_log.note(action, subject_id, what, by, now_ms);
        noted.await.map_err(port_error)
    }
}

async fn parked(deps: &Deps) -> Result<Parked, PortError> {
    let all = deps.queue.depth().await?.parked;
    if all == 0 {
        return Ok(Parked::default());
    }
    let mut found = deps.parked.parked(SHOWN).await?;
    found.entries.sort_by_key(|entry| entry.held_at_ms);
    Ok(Parked {
        all,
        unreadable: found.unreadable.len() as u64,
        entries: found.entries.iter().map(entry).collect(),
    })
}

/// Leaves out the path, which is the buyer's secret.
fn entry(reservation: &QueuedReservation) -> ParkedReservation {
    ParkedReservation {
        reservation_id: reservation.unit.reservation_id,
        item_id: reservation.unit.item_id,
        buyer: reservation.unit.buyer,
        position: reservation.position,
        held_at_ms: reservation.held_at_ms,
        replayed: reservation.replayed,
    }
}

/// Scheme and host of an address. Path and query may hold a key of the receiver.
fn place(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "…".to_owned();
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    match rest.ends_with(host) {
        true => format!("{scheme}://{host}"),
        false => format!("{scheme}://{host}/…"),
    }
}

fn webhook(endpoint: WebhookEndpoint) -> Webhook {
    let url = place(&endpoint.url);
    let events = endpoint.events.iter().map(|event| event.name().to_owned());
    Webhook {
        endpoint_id: endpoint.endpoint_id,
        url,
        events: events.collect(),
        switched_off_at_ms: endpoint.switched_off.as_ref().map(|off| off.at_ms),
        switched_off: endpoint.switched_off.map(|off| off.why),
    }
}

fn message(delivery: Delivery) -> WebhookMessage {
    WebhookMessage {
        delivery_id: delivery.delivery_id,
        endpoint_id: delivery.endpoint_id,
        event: delivery.event,
        subject_id: delivery.subject_id,
        at_ms: delivery.at_ms,
        tries: delivery.tries,
        next_at_ms: delivery.next_at_ms,
        last_status: delivery.last_status,
        last_error: delivery.last_error,
    }
}
