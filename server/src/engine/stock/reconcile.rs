//! `reconcile`: the gate agrees with the ledger, or is made to.

use super::Deps;
use crate::engine::ports::{PortError, Reconciled};

/// Compares every item on sale. A difference is a bug or a manual change of the database: it is
/// repaired and logged as an error. Returns how many were repaired.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let mut repaired = 0;
    for (item_id, _) in deps.catalogue.sellable_items(deps.clock.now_ms()).await? {
        if let Reconciled::Repaired { detail, .. } = deps.restock.reconcile(item_id).await? {
            tracing::error!(%item_id, detail, "gate and ledger differed; the ledger was taken");
            repaired += 1;
        }
    }
    Ok(repaired)
}
