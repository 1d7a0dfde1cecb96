//! Compares an item with the ledger while it is sold. The ledger is read outside the task; the task
//! applies the ledger's data only if the item has not changed in the meantime.

use app::wire::ItemId;

use super::{Call, Gate, item::ItemState};
use crate::engine::ports::{PortError, Reconciled};

/// Attempts for an item that differs and keeps changing. After that the next run compares it: the
/// ledger itself checks what is sold in the meantime.
const LOOKS: u32 = 3;

/// Compares the counters first, which are cheap to read; the holders only if the counters differ.
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
