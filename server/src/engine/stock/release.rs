//! `release`: a unit that came back in the ledger is sellable again everywhere.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// Gives units that are due back to the gate, whatever made them come back, and then clears the due.
/// Killed in between, it does so again: a repeat changes nothing. Returns how many.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let due = deps.due.due_releases(BATCH).await?;
    for unit in &due {
        deps.restock.release(*unit).await?;
    }
    let done: Vec<_> = due.iter().map(|unit| unit.reservation_id).collect();
    deps.due.released(&done).await?;
    Ok(done.len() as u32)
}
