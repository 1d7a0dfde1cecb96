//! `warm_up`: loads every item into the gate before its sale opens.

use super::Deps;
use crate::engine::ports::PortError;

/// Loads the items of approved rounds into the gate and updates their windows. Idempotent: never
/// overwrites stock that the gate has. A failing item does not stop the others. Returns how many
/// items were new.
///
/// # Errors
/// The first error, after every item was tried.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let (mut new, mut first_error) = (0, None);
    let now_ms = deps.clock.now_ms();
    for (item_id, window) in deps.catalogue.sellable_items(now_ms).await? {
        match deps.gate.warm_up(item_id, window).await {
            Ok(is_new) => new += u32::from(is_new),
            Err(error) => drop(first_error.get_or_insert(error)),
        }
    }
    first_error.map_or(Ok(new), Err)
}
