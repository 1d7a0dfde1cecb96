//! Comparing an item with the ledger while it is sold. The ledger is read beside the task; the task
//! says whether the item has changed meanwhile, and takes the ledger's word only if it has not.

use app::wire::ItemId;

use super::{Call, Gate, item::ItemState};
use crate::engine::ports::{PortError, Reconciled};

/// Looks at an item that differs and changes at the same time. Then the comparison is left to the next
/// run: what is sold meanwhile is checked by the ledger.
const LOOKS: u32 = 3;

/// Counters first: they are cheap to read. Who holds a unit is read only where those differ.
pub async fn reconcile(gate: &Gate, item_id: ItemId) -> Result<Reconciled, PortError> {
    let state = async || gate.ask(|reply| Call::State(item_id, reply)).await;
    for _ in 0..LOOKS {
        let Some(known) = state().await? else {
            return Ok(Reconciled::Same);
        };
        let summary = gate.ledger.summary(item_id).await?;
        if summary.is_some_and(|summary| known.agrees_with(&summary)) {
            return Ok(Reconciled::Same);
        }
        let unchanged = |now: ItemState| now.version == known.version;
        if !state().await?.is_some_and(unchanged) {
            continue;
        }
        let snapshot = gate.ledger.snapshot(item_id).await?;
        let correct = |reply| Call::Correct(item_id, known.version, snapshot, reply);
        if let Some(reconciled) = gate.ask(correct).await? {
            return Ok(reconciled);
        }
    }
    tracing::debug!(%item_id, "an item was not compared with the ledger: it changed at every attempt");
    Ok(Reconciled::Same)
}
