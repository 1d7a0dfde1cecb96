//! `write_orders`: queued reservations become orders, a batch a transaction.

use app::wire::{OrderId, Rejection};

use super::{
    Engine,
    ports::{Job, PortError, QueuedReservation, WriteOutcome},
};

/// Takes at most `limit` entries and ends each: ordered, failed, or (what cannot be written)
/// set aside. Idempotent: an entry that comes again changes nothing. Returns how many entries were
/// taken; 0 means that the queue is empty.
pub async fn run_once(engine: &Engine, limit: u32) -> Result<u32, PortError> {
    let batch = engine.queue.take_batch(limit).await?;
    let taken = batch.len() as u32;
    if batch.is_empty() {
        return Ok(0);
    }
    let now_ms = engine.clock.now_ms();
    watch_age(engine, &batch, now_ms);
    let (late, fresh): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .partition(|entry| engine.rules.is_given_up(entry, now_ms));
    give_up(engine, &late, now_ms).await?;
    match write(engine, &fresh, now_ms).await {
        // One entry that cannot be written must not hold up the others.
        Err(PortError::Failed { .. }) => one_by_one(engine, &fresh, now_ms).await?,
        written => written?,
    }
    Ok(taken)
}

/// The alarm: how long the oldest of a batch has waited.
fn watch_age(engine: &Engine, batch: &[QueuedReservation], now_ms: i64) {
    let held_at_ms = batch.iter().map(|entry| entry.held_at_ms).min();
    let age_ms = now_ms - held_at_ms.unwrap_or(now_ms);
    metrics::gauge!("seckill_queue_age_seconds").set(age_ms as f64 / 1000.0);
    if age_ms >= engine.rules.queue_age_ms {
        tracing::warn!(age_ms, "the queue is too old");
    }
}

/// Whoever has waited too long has gone: the unit is worth more to the next buyer.
async fn give_up(
    engine: &Engine,
    late: &[QueuedReservation],
    now_ms: i64,
) -> Result<(), PortError> {
    if late.is_empty() {
        return Ok(());
    }
    tracing::warn!(entries = late.len(), "released instead of ordered");
    let outcomes = engine.orders.fail(late, Rejection::Busy, now_ms).await?;
    finish(engine, late, &outcomes).await
}

async fn write(
    engine: &Engine,
    entries: &[QueuedReservation],
    now_ms: i64,
) -> Result<(), PortError> {
    if entries.is_empty() {
        return Ok(());
    }
    let batch: Vec<_> = entries
        .iter()
        .map(|entry| (entry.clone(), OrderId(engine.ids.id())))
        .collect();
    let outcomes = engine.orders.write(&batch, now_ms).await?;
    finish(engine, entries, &outcomes).await
}

async fn one_by_one(
    engine: &Engine,
    entries: &[QueuedReservation],
    now_ms: i64,
) -> Result<(), PortError> {
    for entry in entries {
        match write(engine, std::slice::from_ref(entry), now_ms).await {
            Err(error @ PortError::Failed { .. }) => {
                let reservation_id = entry.reservation_id;
                tracing::error!(%reservation_id, error = ?error, "set aside: it cannot be written");
                engine.queue.set_aside(entry).await?;
            }
            written => written?,
        }
    }
    Ok(())
}

async fn finish(
    engine: &Engine,
    done: &[QueuedReservation],
    outcomes: &[WriteOutcome],
) -> Result<(), PortError> {
    engine.queue.ack(done).await?;
    let failed = |outcome: &WriteOutcome| matches!(outcome, WriteOutcome::Failed(_));
    if outcomes.iter().any(failed) {
        engine.bell.ring(Job::Release);
    }
    Ok(())
}
