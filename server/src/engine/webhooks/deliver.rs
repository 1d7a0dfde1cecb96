//! `deliver_webhooks`: what waits is sent, again and again over three days, until it arrives.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures::{StreamExt as _, future::join_all, stream};
use uuid::Uuid;

use super::{Deps, message};
use crate::{
    engine::{
        BATCH,
        ports::{DueDelivery, PortError, Sent, SwitchedOff, WebhookEndpoint},
    },
    jitter,
};

/// Before each repeat, as Standard Webhooks proposes; a tenth longer or shorter by chance. After the last one a
/// message is given up.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// An endpoint that is away is left alone for so long, unless it says for how long.
const REST_MS: i64 = 30_000;
/// And for so long at most, whatever it says.
const LONGEST_REST_S: u32 = 3_600;
/// Messages to one endpoint at one time.
const AT_ONCE: usize = 8;
/// A turn of an endpoint begins nothing new after so long: others wait for their next turn meanwhile.
const TURN_MS: i64 = 20_000;
/// What a process that died had taken is sent by another one after so long. Longer than a turn with its last call.
const TAKEN_MS: i64 = 60_000;

/// Sends to all endpoints at the same time. Returns how many messages arrived.
///
/// # Errors
/// The first one of the ledger, after every endpoint has had its turn.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let now_ms = deps.clock.now_ms();
    let endpoints = deps.endpoints.endpoints().await?;
    if endpoints.is_empty() {
        return Ok(0);
    }
    note_backlog(deps, now_ms).await?;
    let ready = endpoints
        .iter()
        .filter(|endpoint| endpoint.switched_off.is_none() && endpoint.rests_until_ms <= now_ms);
    let (mut arrived, mut first_error) = (0, None);
    for turn in join_all(ready.map(|endpoint| turn(deps, endpoint))).await {
        match turn {
            Ok(number) => arrived += number,
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(arrived), Err)
}

async fn note_backlog(deps: &Deps, now_ms: i64) -> Result<(), PortError> {
    let backlog = deps.deliveries.backlog().await?;
    let age_ms = backlog
        .oldest_at_ms
        .map_or(0, |at_ms| (now_ms - at_ms).max(0));
    metrics::gauge!("seckill_webhooks_waiting").set(backlog.waiting as f64);
    metrics::gauge!("seckill_webhooks_oldest_age_seconds").set(age_ms as f64 / 1_000.0);
    Ok(())
}

async fn turn(deps: &Deps, endpoint: &WebhookEndpoint) -> Result<u32, PortError> {
    let begun_ms = deps.clock.now_ms();
    let due = deps
        .deliveries
        .take_due(endpoint.endpoint_id, begun_ms, begun_ms + TAKEN_MS, BATCH)
        .await?;
    let is_over = AtomicBool::new(false);
    let mut sending = stream::iter(due)
        .map(|delivery| one(deps, endpoint, delivery, (begun_ms, &is_over)))
        .buffer_unordered(AT_ONCE);
    let (mut arrived, mut not_sent, mut first_error) = (0, Vec::new(), None);
    while let Some(ended) = sending.next().await {
        match ended {
            Ok(Ended::Arrived) => arrived += 1,
            Ok(Ended::Failed) => {}
            Ok(Ended::NotSent(delivery_id)) => not_sent.push(delivery_id),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    if !not_sent.is_empty() {
        deps.deliveries
            .give_back(&not_sent, deps.clock.now_ms())
            .await?;
    }
    first_error.map_or(Ok(arrived), Err)
}

/// What became of a message in this turn.
enum Ended {
    Arrived,
    Failed,
    NotSent(Uuid),
}

async fn one(
    deps: &Deps,
    endpoint: &WebhookEndpoint,
    delivery: DueDelivery,
    (begun_ms, is_over): (i64, &AtomicBool),
) -> Result<Ended, PortError> {
    let now_ms = deps.clock.now_ms();
    if is_over.load(Ordering::Relaxed) || now_ms - begun_ms > TURN_MS {
        return Ok(Ended::NotSent(delivery.delivery_id));
    }
    let (id, body) = (message::id(&delivery), message::body(&delivery));
    let sent = deps.sender.send(endpoint, &id, &body, now_ms).await;
    let now_ms = deps.clock.now_ms();
    let (status, error) = match sent {
        Sent::Delivered(status) => {
            deps.deliveries
                .delivered(delivery.delivery_id, status, now_ms)
                .await?;
            count("delivered");
            return Ok(Ended::Arrived);
        }
        Sent::Gone => {
            is_over.store(true, Ordering::Relaxed);
            switch_off(deps, endpoint, now_ms).await?;
            (Some(410), "410 Gone".to_owned())
        }
        Sent::Away {
            status,
            error,
            retry_after_s,
        } => {
            is_over.store(true, Ordering::Relaxed);
            let asked = retry_after_s.map(|s| i64::from(s.min(LONGEST_REST_S)) * 1_000);
            let until_ms = now_ms + asked.unwrap_or(REST_MS);
            deps.deliveries.rest(endpoint.endpoint_id, until_ms).await?;
            (status, error)
        }
        Sent::Refused { status, error } => (status, error),
    };
    failed(deps, endpoint, &delivery, status, &error).await?;
    Ok(Ended::Failed)
}

async fn switch_off(deps: &Deps, endpoint: &WebhookEndpoint, now_ms: i64) -> Result<(), PortError> {
    let (endpoint_id, url) = (endpoint.endpoint_id, &endpoint.url);
    tracing::warn!(%endpoint_id, url, "a webhook endpoint answered 410 Gone; it is switched off");
    let switched_off = SwitchedOff {
        at_ms: now_ms,
        why: "it answered 410 Gone".to_owned(),
    };
    deps.deliveries.gone(endpoint_id, &switched_off).await
}

async fn failed(
    deps: &Deps,
    endpoint: &WebhookEndpoint,
    delivery: &DueDelivery,
    status: Option<u16>,
    error: &str,
) -> Result<(), PortError> {
    let pause = PAUSES.get(delivery.tries as usize);
    let pause = pause.map(|pause| jitter::spread(*pause).as_millis() as i64);
    let next_at_ms = pause.map(|pause| deps.clock.now_ms() + pause);
    match next_at_ms {
        Some(_) => count("failed"),
        None => {
            count("given_up");
            tracing::error!(
                endpoint_id = %endpoint.endpoint_id,
                delivery_id = %delivery.delivery_id,
                event = delivery.event.name(),
                error,
                "a webhook message did not arrive in three days; it is given up"
            );
        }
    }
    deps.deliveries
        .not_delivered(delivery.delivery_id, status, error, next_at_ms)
        .await
}

fn count(outcome: &'static str) {
    metrics::counter!("seckill_webhook_deliveries_total", "outcome" => outcome).increment(1);
}
