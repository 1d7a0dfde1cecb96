//! `release`: a unit that came back in the ledger is sellable again everywhere.

use super::{Engine, ports::PortError, rules::BATCH};

/// Gives units that are due back to the gate, then clears this process's sold-out marks. The only
/// place that does either, whatever made the unit come back. Idempotent; returns how many.
pub async fn run_once(engine: &Engine) -> Result<u32, PortError> {
    let due = engine.reservations.due_releases(BATCH).await?;
    for unit in &due {
        let released = engine.gate.release(*unit).await?;
        engine.marks.clear(unit.item_id, released.returns);
    }
    let done: Vec<_> = due.iter().map(|unit| unit.reservation_id).collect();
    engine.reservations.released(&done).await?;
    Ok(done.len() as u32)
}
