//! `drop_parked`: a parked reservation fails, as an operator decides who cannot mend its cause.

use app::wire::Rejection;

use super::Deps;
use crate::engine::ports::{Job, ParkedEntry, PortError, WriteOutcome};

/// Ends a parked reservation without an order: its buyer is told, and its unit is due back at the gate.
/// One that has ended meanwhile keeps its end, which is returned.
///
/// # Errors
/// When ledger or queue do not answer, or the ledger refuses this too: it stays parked.
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
    // In this order: who dies in between leaves an entry that has ended and is done at its next try.
    entry.remove().await?;
    deps.wake.notify(Job::Release);
    Ok(outcomes.first().copied())
}
