//! `close_unpaid`: orders that nobody paid for give their units back.

use app::wire::CloseReason;

use super::{
    Engine,
    ports::{CloseOutcome, Job, PortError},
    rules::BATCH,
};

/// Closes orders whose deadline has passed. An order that is paid at the same moment is decided by
/// compare-and-set: one side wins. Returns how many were closed.
pub async fn run_once(engine: &Engine) -> Result<u32, PortError> {
    let now_ms = engine.clock.now_ms();
    let overdue = engine.orders.overdue(now_ms, BATCH).await?;
    let outcomes = engine
        .orders
        .close(&overdue, CloseReason::Unpaid, now_ms)
        .await?;
    let closed = outcomes
        .iter()
        .filter(|outcome| **outcome == CloseOutcome::Closed)
        .count() as u32;
    if closed > 0 {
        engine.bell.ring(Job::Release);
    }
    Ok(closed)
}
