//! `drop_parked`: ends a parked reservation as failed, when an operator cannot fix its cause.

use app::wire::Rejection;

use super::Deps;
use crate::engine::ports::{Job, ParkedEntry, PortError, WriteOutcome};

/// Ends a parked reservation without an order: its buyer is told, and the gate must take back its unit.
/// A reservation that has ended meanwhile keeps its end, which is returned.
///
/// # Errors
/// If ledger or queue do not answer, or the ledger refuses this too; the entry stays parked.
pub async fn drop_parked(
    deps: &Deps,
    entry: Box<dyn ParkedEntry>,
) -> Result<Option<WriteOutcome>, PortError> {
    let now_ms = deps.clock.now_ms();
    let reservation = entry.reservation().clone();
    let outcomes = deps
        .writer
        .fail(&[reservation], Rejection::Busy, now_ms)
        .await?;
    // In this order: after a crash in between, the next try removes the ended entry.
    entry.remove().await?;
    deps.wake.notify(Job::Release);
    Ok(outcomes.first().copied())
}
