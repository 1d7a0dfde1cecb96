//! `close_unpaid`: orders that nobody paid for give their units back.

use app::wire::CloseReason;

use super::Deps;
use crate::engine::{
    BATCH,
    ports::{CloseOutcome, Job, PortError},
};

/// Closes orders whose deadline has passed. An order that is paid at the same moment is decided by
/// compare-and-set: one side wins. Returns how many were closed.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let now_ms = deps.clock.now_ms();
    let overdue = deps.closer.overdue(now_ms, BATCH).await?;
    let outcomes = deps
        .closer
        .close(&overdue, CloseReason::Unpaid, now_ms)
        .await?;
    let closed = outcomes
        .iter()
        .filter(|outcome| **outcome == CloseOutcome::Closed)
        .count() as u32;
    if closed > 0 {
        deps.wake.ring(Job::Release);
    }
    Ok(closed)
}
