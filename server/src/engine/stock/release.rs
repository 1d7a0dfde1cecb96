//! `release`: makes units that came back in the ledger sellable at the gate, and withdraws units that
//! the ledger never had.

use std::collections::HashSet;

use super::Deps;
use crate::engine::{
    BATCH,
    ports::{DueRelease, PortError, Release, Unit},
};

/// Most units that one run skips because they cannot be given back now: a page of them must not
/// hide those behind it.
const LOOK_PAST: u32 = 40 * BATCH;

/// Gives due units back to the gate and then clears their due flags. After a crash in between it
/// gives them back again: a repeat changes nothing. An item whose gate does not answer is left for
/// the next run and does not stop the others. Returns how many were given back.
///
/// # Errors
/// The first error, after all others were given back.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let mut unanswered = HashSet::new();
    let mut first_error = None;
    let (mut released, mut left) = (0, 0);
    loop {
        let due = deps.due.due_releases(left, BATCH).await?;
        if due.is_empty() {
            return first_error.map_or(Ok(released), Err);
        }
        let mut done = Vec::with_capacity(due.len());
        for DueRelease { unit, release } in &due {
            if unanswered.contains(&unit.item_id) {
                continue;
            }
            match deps.restock.release(*unit, *release).await {
                Ok(_) => {
                    note_withdrawn(*unit, *release);
                    done.push(unit.reservation_id);
                }
                Err(error) => {
                    unanswered.insert(unit.item_id);
                    first_error.get_or_insert(error);
                }
            }
        }
        deps.due.released(&done).await?;
        released += done.len() as u32;
        left += (due.len() - done.len()) as u32;
        let is_last = due.len() < BATCH as usize || unanswered.is_empty();
        if is_last || left >= LOOK_PAST {
            return first_error.map_or(Ok(released), Err);
        }
    }
}

/// Raises the alarm that a gate has lost data.
fn note_withdrawn(unit: Unit, release: Release) {
    if release == Release::Return {
        return;
    }
    let Unit {
        item_id,
        reservation_id,
        ..
    } = unit;
    tracing::error!(
        %item_id,
        %reservation_id,
        "the gate promised a unit that the ledger does not have: it has lost data; the unit is withdrawn"
    );
    metrics::counter!("seckill_gate_withdrawn_total").increment(1);
}
