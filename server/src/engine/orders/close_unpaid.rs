//! `close_unpaid`: orders that nobody paid for give their units back.

use app::wire::{CloseReason, OrderId};

use super::Deps;
use crate::chain::Chain;
use crate::engine::{
    BATCH,
    ports::{CloseOutcome, Job, PortError},
};

/// Orders that cannot be closed and are looked past in one run, at most.
const LOOK_PAST: u32 = 40 * BATCH;

/// Closes orders whose deadline has passed. An order that is paid at the same moment is decided by
/// compare-and-set: one side wins. An order that cannot be closed (its item's counters are wrong,
/// say) stops no other. Returns how many were closed.
///
/// # Errors
/// The first one, after every other overdue order was closed.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let now_ms = deps.clock.now_ms();
    let (mut closed, mut stuck, mut first_error) = (0, 0, None);
    loop {
        let overdue = deps.closer.overdue(now_ms, stuck, BATCH).await?;
        let stuck_before = stuck;
        match close(deps, &overdue, now_ms).await {
            Err(PortError::Failed { .. }) => {
                for order_id in &overdue {
                    match close(deps, std::slice::from_ref(order_id), now_ms).await {
                        Ok(one) => closed += one,
                        Err(error @ PortError::Failed { .. }) => {
                            tracing::error!(%order_id, error = %Chain(&error), "an overdue order cannot be closed");
                            stuck += 1;
                            first_error.get_or_insert(error);
                        }
                        Err(busy) => return Err(busy),
                    }
                }
            }
            answer => closed += answer?,
        }
        let is_last = overdue.len() < BATCH as usize || stuck == stuck_before;
        if is_last || stuck >= LOOK_PAST {
            return first_error.map_or(Ok(closed), Err);
        }
    }
}

async fn close(deps: &Deps, order_ids: &[OrderId], now_ms: i64) -> Result<u32, PortError> {
    let outcomes = deps
        .closer
        .close(order_ids, CloseReason::Unpaid, now_ms)
        .await?;
    let closed = outcomes
        .iter()
        .filter(|outcome| **outcome == CloseOutcome::Closed)
        .count() as u32;
    if closed > 0 {
        deps.wake.notify(Job::Release);
    }
    Ok(closed)
}
