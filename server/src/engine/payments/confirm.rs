//! `confirm`: tells the gate which units were paid for.

use super::Deps;
use crate::engine::{BATCH, ports::PortError};

/// Most units that one run skips because the gate does not accept them.
const LOOK_PAST: u32 = 40 * BATCH;

/// Tells the gate. A refused unit does not stop the others. Returns how many it accepted.
///
/// # Errors
/// The first error, after every other unit was tried.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let (mut confirmed, mut left, mut first_error) = (0, 0, None);
    loop {
        let due = deps.confirms.due_confirms(left, BATCH).await?;
        if due.is_empty() {
            return first_error.map_or(Ok(confirmed), Err);
        }
        let mut done = Vec::with_capacity(due.len());
        for unit in &due {
            match deps.gate.confirm(*unit).await {
                Ok(()) => done.push(unit.reservation_id),
                Err(error) => drop(first_error.get_or_insert(error)),
            }
        }
        deps.confirms.confirmed(&done).await?;
        confirmed += done.len() as u32;
        left += (due.len() - done.len()) as u32;
        let is_last = due.len() < BATCH as usize || done.len() == due.len();
        if is_last || left >= LOOK_PAST {
            return first_error.map_or(Ok(confirmed), Err);
        }
    }
}
