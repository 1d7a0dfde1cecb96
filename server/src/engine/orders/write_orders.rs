//! `write_orders`: turns queued reservations into orders, one batch per transaction.

use std::sync::atomic::Ordering;

use app::wire::{OrderId, Rejection};

use super::Deps;
use crate::chain::Chain;
use crate::engine::ports::{Job, PortError, QueuedReservation, TRIES, WriteOutcome};

/// Takes at most `limit` entries and ends each as ordered or failed, or puts it off if it cannot
/// be written. Idempotent: a repeated entry changes nothing. If the ledger does not answer, entries
/// go back to the queue, where other instances may reach their ledger, and none are taken. Returns
/// how many entries were taken; 0 means that the queue is empty.
pub async fn run_once(deps: &Deps, limit: u32) -> Result<u32, PortError> {
    if deps.gave_back.load(Ordering::Relaxed) {
        deps.writer.can_write().await?;
        deps.gave_back.store(false, Ordering::Relaxed);
    }
    let batch = deps.queue.take_batch(limit).await?;
    let taken = batch.len() as u32;
    if batch.is_empty() {
        return Ok(0);
    }
    let mut refused = Vec::new();
    let ended = end_all(deps, batch, &mut refused).await;
    if let Err(PortError::Busy { .. }) = &ended {
        deps.gave_back.store(true, Ordering::Relaxed);
        deps.queue.give_back().await?;
    }
    ended?;
    // Last, and no reason to give entries back: an error here is the queue's, not the ledger's.
    for entry in &refused {
        if deps.queue.retry_later(entry).await? {
            metrics::counter!("seckill_queue_parked_total", "reason" => "tries").increment(1);
            tracing::error!(
                reservation_id = %entry.unit.reservation_id,
                item_id = %entry.unit.item_id,
                "a reservation could not be written as an order in {TRIES} tries; it is parked, keeps its \
                 unit, and is tried again within the hour or by `server parked replay`. Earlier lines \
                 with this reservation_id give the cause"
            );
        }
    }
    Ok(taken)
}

/// Ends a batch, except for entries that the ledger refuses.
async fn end_all(
    deps: &Deps,
    batch: Vec<QueuedReservation>,
    refused: &mut Vec<QueuedReservation>,
) -> Result<(), PortError> {
    let now_ms = deps.clock.now_ms();
    watch_age(deps, &batch, now_ms);
    let (late, fresh): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .partition(|entry| deps.rules.is_given_up(entry, now_ms));
    end(deps, End::Write, &fresh, now_ms, refused).await?;
    if !late.is_empty() {
        let (entries, limit_ms) = (late.len(), deps.rules.queue_age_ms);
        tracing::warn!(
            entries,
            limit_ms,
            "reservations have waited longer than QUEUE_AGE_S; they fail and their units are released"
        );
    }
    end(deps, End::GiveUp, &late, now_ms, refused).await
}

/// How entries end.
#[derive(Clone, Copy)]
enum End {
    /// With an order.
    Write,
    /// Without an order: the entry waited too long, and the unit is worth more to the next buyer.
    GiveUp,
}

/// Raises the alarm: the wait of the oldest entry of a batch, ignoring replayed ones.
fn watch_age(deps: &Deps, batch: &[QueuedReservation], now_ms: i64) {
    let waiting = batch.iter().filter(|entry| !entry.replayed);
    let held_at_ms = waiting.map(|entry| entry.held_at_ms).min();
    let age_ms = now_ms - held_at_ms.unwrap_or(now_ms);
    metrics::gauge!("seckill_queue_age_seconds").set(age_ms as f64 / 1000.0);
    if age_ms >= deps.rules.queue_age_ms {
        tracing::warn!(
            age_ms,
            "the oldest reservation has waited too long for its order"
        );
    }
}

/// Ends entries together, or one by one, so that a refused entry does not hold up the others.
async fn end(
    deps: &Deps,
    how: End,
    entries: &[QueuedReservation],
    now_ms: i64,
    refused: &mut Vec<QueuedReservation>,
) -> Result<(), PortError> {
    if entries.is_empty() {
        return Ok(());
    }
    match end_together(deps, how, entries, now_ms).await {
        Err(PortError::Failed { .. }) => {}
        ended => return ended,
    }
    for entry in entries {
        match end_together(deps, how, std::slice::from_ref(entry), now_ms).await {
            Err(error @ PortError::Failed { .. }) => {
                let reservation_id = entry.unit.reservation_id;
                tracing::error!(%reservation_id, error = %Chain(&error), "the ledger refused a reservation; it is tried again behind the others, and parked after {TRIES} tries");
                refused.push(entry.clone());
            }
            ended => ended?,
        }
    }
    Ok(())
}

async fn end_together(
    deps: &Deps,
    how: End,
    entries: &[QueuedReservation],
    now_ms: i64,
) -> Result<(), PortError> {
    let outcomes = match how {
        End::GiveUp => deps.writer.fail(entries, Rejection::Busy, now_ms).await?,
        End::Write => {
            let order_id = || OrderId(deps.ids.id());
            let batch: Vec<_> = entries
                .iter()
                .map(|entry| (entry.clone(), order_id()))
                .collect();
            deps.writer.write(&batch, now_ms).await?
        }
    };
    finish(deps, entries, &outcomes).await
}

async fn finish(
    deps: &Deps,
    done: &[QueuedReservation],
    outcomes: &[WriteOutcome],
) -> Result<(), PortError> {
    deps.queue.ack(done).await?;
    let failed = |outcome: &&WriteOutcome| matches!(outcome, WriteOutcome::Failed(_));
    let failures = outcomes.iter().filter(failed).count() as u64;
    let orders = outcomes.len() as u64 - failures;
    count_written(orders, failures);
    if failures > 0 {
        deps.wake.notify(Job::Release);
    }
    Ok(())
}

/// Counts reservations that became orders, and those that failed.
pub(super) fn count_written(orders: u64, failures: u64) {
    metrics::counter!("seckill_orders_written_total", "outcome" => "ordered").increment(orders);
    metrics::counter!("seckill_orders_written_total", "outcome" => "failed").increment(failures);
}
