//! `deliver_webhooks`: sends waiting messages, and retries over three days until they arrive.

use std::{
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt as _, future::join_all, stream};

use super::{Deps, message};
use crate::{
    engine::{
        BATCH,
        ports::{
            DeliveryFailure, DeliveryOutcome, DueDelivery, PortError, Sent, SwitchedOff,
            WebhookEndpoint,
        },
    },
    jitter,
};

/// Pauses before each retry, as Standard Webhooks proposes, with 10% random jitter. After the last retry a
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
/// A message that waited longer is also given up: not all messages of an unreachable endpoint are tried. Longer
/// than all pauses together.
const LONGEST_WAIT_MS: i64 = 84 * 3_600_000;
/// How long an unreachable endpoint is left alone, unless it gives a time itself.
const REST_MS: i64 = 30_000;
/// The longest time that an endpoint may ask for.
const LONGEST_REST_S: u32 = 3_600;
/// Concurrent messages to one endpoint.
const AT_ONCE: usize = 8;
/// Results that are written together: each write waits for the disk, like purchases.
const TOGETHER: usize = 32;
/// An endpoint's turn starts nothing new after this time: the others wait for their next turn.
const TURN_MS: i64 = 5_000;
/// Another process sends a dead process's messages after this time. Longer than a turn and its last call.
pub const TAKEN_MS: i64 = 60_000;
/// An endpoint that answered more slowly than this gets its turns apart from the others.
const SLOW_MS: i64 = 2_000;

/// Which endpoints have their turn. Quick ones do not wait for slow ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Quick,
    Slow,
}

/// Sends to all endpoints in this lane at the same time. Returns how many messages arrived.
///
/// # Errors
/// The first error of the ledger, after every endpoint had its turn.
pub async fn run_once(deps: &Deps, lane: Lane) -> Result<u32, PortError> {
    let now_ms = deps.clock.now_ms();
    let endpoints = deps.endpoints.endpoints().await?;
    if endpoints.is_empty() {
        return Ok(0);
    }
    if lane == Lane::Quick {
        note_backlog(deps, now_ms).await?;
    }
    let is_ready = |endpoint: &&WebhookEndpoint| {
        let may_be_sent_to = endpoint.switched_off.is_none() && endpoint.rests_until_ms <= now_ms;
        may_be_sent_to && is_slow(deps, endpoint) == (lane == Lane::Slow)
    };
    let ready = endpoints.iter().filter(is_ready);
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

fn is_slow(deps: &Deps, endpoint: &WebhookEndpoint) -> bool {
    let slow = deps.slow.lock().unwrap_or_else(PoisonError::into_inner);
    slow.contains(&endpoint.endpoint_id)
}

/// Puts an endpoint into a lane by the time of its latest answer.
fn assign_lane(deps: &Deps, endpoint: &WebhookEndpoint, took_ms: i64) {
    let mut slow = deps.slow.lock().unwrap_or_else(PoisonError::into_inner);
    match took_ms > SLOW_MS {
        true => slow.insert(endpoint.endpoint_id),
        false => slow.remove(&endpoint.endpoint_id),
    };
}

async fn note_backlog(deps: &Deps, now_ms: i64) -> Result<(), PortError> {
    let backlog = deps.deliveries.backlog().await?;
    let age_ms = backlog
        .waits_since_ms
        .map_or(0, |since_ms| (now_ms - since_ms).max(0));
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
    let (mut arrived, mut not_sent, mut outcomes) = (0, Vec::new(), Vec::new());
    while let Some(ended) = sending.next().await {
        match ended? {
            Ended::NotSent(delivery) => not_sent.push(delivery.delivery_id),
            Ended::Sent(outcome) => {
                arrived += u32::from(outcome.failure.is_none());
                outcomes.push(outcome);
            }
        }
        if outcomes.len() >= TOGETHER {
            let together = std::mem::take(&mut outcomes);
            deps.deliveries
                .record(&together, deps.clock.now_ms())
                .await?;
        }
    }
    if !outcomes.is_empty() {
        deps.deliveries
            .record(&outcomes, deps.clock.now_ms())
            .await?;
    }
    if !not_sent.is_empty() {
        deps.deliveries
            .give_back(&not_sent, deps.clock.now_ms())
            .await?;
    }
    Ok(arrived)
}

/// The result for a message in this turn.
enum Ended {
    Sent(DeliveryOutcome),
    NotSent(DueDelivery),
}

async fn one(
    deps: &Deps,
    endpoint: &WebhookEndpoint,
    delivery: DueDelivery,
    (begun_ms, is_over): (i64, &AtomicBool),
) -> Result<Ended, PortError> {
    let sent_at_ms = deps.clock.now_ms();
    if sent_at_ms - delivery.waits_since_ms > LONGEST_WAIT_MS {
        let error = "it waited for too long".to_owned();
        return Ok(Ended::Sent(failed(deps, endpoint, &delivery, None, error)));
    }
    if is_over.load(Ordering::Relaxed) || sent_at_ms - begun_ms > TURN_MS {
        return Ok(Ended::NotSent(delivery));
    }
    let (id, body) = (message::id(&delivery), message::body(&delivery));
    let sent = deps.sender.send(endpoint, &id, &body, sent_at_ms).await;
    let now_ms = deps.clock.now_ms();
    assign_lane(deps, endpoint, now_ms - sent_at_ms);
    let (status, error) = match sent {
        Sent::Delivered(status) => {
            count("delivered");
            return Ok(Ended::Sent(DeliveryOutcome {
                delivery_id: delivery.delivery_id,
                status: Some(status),
                failure: None,
            }));
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
    Ok(Ended::Sent(failed(
        deps, endpoint, &delivery, status, error,
    )))
}

async fn switch_off(deps: &Deps, endpoint: &WebhookEndpoint, now_ms: i64) -> Result<(), PortError> {
    // Log the id only: the address may contain a key.
    let endpoint_id = endpoint.endpoint_id;
    tracing::warn!(%endpoint_id, "a webhook endpoint answered 410 Gone; it is switched off");
    let switched_off = SwitchedOff {
        at_ms: now_ms,
        why: "it answered 410 Gone".to_owned(),
    };
    deps.deliveries.gone(endpoint_id, &switched_off).await
}

fn failed(
    deps: &Deps,
    endpoint: &WebhookEndpoint,
    delivery: &DueDelivery,
    status: Option<u16>,
    error: String,
) -> DeliveryOutcome {
    let now_ms = deps.clock.now_ms();
    let pause = PAUSES.get(delivery.tries as usize);
    let pause = pause.map(|pause| jitter::spread(*pause).as_millis() as i64);
    let in_time = now_ms - delivery.waits_since_ms <= LONGEST_WAIT_MS;
    let next_at_ms = pause.filter(|_| in_time).map(|pause| now_ms + pause);
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
    DeliveryOutcome {
        delivery_id: delivery.delivery_id,
        status,
        failure: Some(DeliveryFailure { error, next_at_ms }),
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("seckill_webhook_deliveries_total", "outcome" => outcome).increment(1);
}
