//! `write_orders`: queued reservations become orders, a batch a transaction.

use app::wire::{OrderId, Rejection};

use super::Deps;
use crate::engine::ports::{Job, PortError, QueuedReservation, WriteOutcome};

/// Takes at most `limit` entries and ends each: ordered, failed, or (what cannot be written)
/// set aside. Idempotent: an entry that comes again changes nothing. Returns how many entries were
/// taken; 0 means that the queue is empty.
pub async fn run_once(deps: &Deps, limit: u32) -> Result<u32, PortError> {
    let batch = deps.queue.take_batch(limit).await?;
    let taken = batch.len() as u32;
    if batch.is_empty() {
        return Ok(0);
    }
    let now_ms = deps.clock.now_ms();
    watch_age(deps, &batch, now_ms);
    let (late, fresh): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .partition(|entry| deps.rules.is_given_up(entry, now_ms));
    give_up(deps, &late, now_ms).await?;
    match write(deps, &fresh, now_ms).await {
        // One entry that cannot be written must not hold up the others.
        Err(PortError::Failed { .. }) => one_by_one(deps, &fresh, now_ms).await?,
        written => written?,
    }
    Ok(taken)
}

/// The alarm: how long the oldest of a batch has waited.
fn watch_age(deps: &Deps, batch: &[QueuedReservation], now_ms: i64) {
    let held_at_ms = batch.iter().map(|entry| entry.held_at_ms).min();
    let age_ms = now_ms - held_at_ms.unwrap_or(now_ms);
    metrics::gauge!("seckill_queue_age_seconds").set(age_ms as f64 / 1000.0);
    if age_ms >= deps.rules.queue_age_ms {
        tracing::warn!(age_ms, "the queue is too old");
    }
}

/// Whoever has waited too long has gone: the unit is worth more to the next buyer.
async fn give_up(deps: &Deps, late: &[QueuedReservation], now_ms: i64) -> Result<(), PortError> {
    if late.is_empty() {
        return Ok(());
    }
    tracing::warn!(entries = late.len(), "released instead of ordered");
    let outcomes = deps.writer.fail(late, Rejection::Busy, now_ms).await?;
    finish(deps, late, &outcomes).await
}

async fn write(deps: &Deps, entries: &[QueuedReservation], now_ms: i64) -> Result<(), PortError> {
    if entries.is_empty() {
        return Ok(());
    }
    let batch: Vec<_> = entries
        .iter()
        .map(|entry| (entry.clone(), OrderId(deps.ids.id())))
        .collect();
    let outcomes = deps.writer.write(&batch, now_ms).await?;
    finish(deps, entries, &outcomes).await
}

async fn one_by_one(
    deps: &Deps,
    entries: &[QueuedReservation],
    now_ms: i64,
) -> Result<(), PortError> {
    for entry in entries {
        match write(deps, std::slice::from_ref(entry), now_ms).await {
            Err(error @ PortError::Failed { .. }) => {
                let reservation_id = entry.reservation_id;
                tracing::error!(%reservation_id, error = ?error, "set aside: it cannot be written");
                deps.queue.set_aside(entry).await?;
            }
            written => written?,
        }
    }
    Ok(())
}

async fn finish(
    deps: &Deps,
    done: &[QueuedReservation],
    outcomes: &[WriteOutcome],
) -> Result<(), PortError> {
    deps.queue.ack(done).await?;
    let failed = |outcome: &WriteOutcome| matches!(outcome, WriteOutcome::Failed(_));
    if outcomes.iter().any(failed) {
        deps.wake.ring(Job::Release);
    }
    Ok(())
}
