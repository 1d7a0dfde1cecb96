//! `warm_up`: the gate knows every item before it opens.

use super::Deps;
use crate::engine::ports::PortError;

/// Makes the items of approved rounds known to the gate and refreshes their windows. Idempotent:
/// stock that the gate has is never overwritten. Returns how many items were new.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let mut new = 0;
    for (item_id, window) in deps.catalogue.sellable_items(deps.clock.now_ms()).await? {
        new += u32::from(deps.gate.warm_up(item_id, window).await?);
    }
    Ok(new)
}
