//! `reconcile`: the gate agrees with the ledger, or is made to.

use super::{
    Engine,
    ports::{PortError, Reconciled},
};

/// Compares every item on sale. A difference is a bug or somebody's hand in the database: it is
/// repaired and logged as an error. Returns how many were repaired.
pub async fn run_once(engine: &Engine) -> Result<u32, PortError> {
    let mut repaired = 0;
    for (item_id, _) in engine
        .catalogue
        .sellable_items(engine.clock.now_ms())
        .await?
    {
        if let Reconciled::Repaired { detail, returns } = engine.gate.reconcile(item_id).await? {
            tracing::error!(%item_id, detail, "gate and ledger differed; the ledger was taken");
            engine.marks.clear(item_id, returns);
            repaired += 1;
        }
    }
    Ok(repaired)
}
