//! `warm_up`: the gate knows every item before it opens.

use super::Deps;
use crate::engine::ports::PortError;

/// Makes the items of approved rounds known to the gate and refreshes their windows. Idempotent:
/// stock that the gate has is never overwritten. An item that fails stops no other. Returns how many
/// items were new.
///
/// # Errors
/// The first one, after every item was tried.
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
