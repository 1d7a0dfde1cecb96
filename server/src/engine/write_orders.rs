//! `write_orders`: queued reservations become orders, a batch a transaction.

use app::wire::OrderId;

use super::{
    Engine,
    ports::{Job, PortError, WriteOutcome},
};

/// Writes at most `limit` orders. Idempotent: an entry that comes again changes nothing. Returns
/// how many entries were taken; 0 means that the queue is empty.
pub async fn run_once(engine: &Engine, limit: u32) -> Result<u32, PortError> {
    let batch = engine.queue.take_batch(limit).await?;
    if batch.is_empty() {
        return Ok(0);
    }
    let batch: Vec<_> = batch
        .into_iter()
        .map(|entry| (entry, OrderId(engine.ids.id())))
        .collect();
    let outcomes = engine.orders.write(&batch, engine.clock.now_ms()).await?;
    let done: Vec<_> = batch.into_iter().map(|(entry, _)| entry).collect();
    engine.queue.ack(&done).await?;
    if outcomes
        .iter()
        .any(|outcome| matches!(outcome, WriteOutcome::Failed(_)))
    {
        engine.bell.ring(Job::Release);
    }
    Ok(done.len() as u32)
}
