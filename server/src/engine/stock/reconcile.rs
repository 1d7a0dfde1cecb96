//! `reconcile`: compares the gate with the ledger and repairs differences.

use super::Deps;
use crate::engine::ports::{PortError, Reconciled};

/// Items are compared for this long after their round's end, so that messages lost in the last
/// minute are also noticed.
const AFTER_THE_END_MS: i64 = 24 * 3_600_000;

/// Compares every item on sale, and those whose round ended within a day. A difference means a lost
/// message, a bug or a manual change of the database; it is repaired and logged as an error. A failing item
/// does not stop the others. Returns how many were repaired.
///
/// # Errors
/// The first error, after every item was compared.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let (mut repaired, mut first_error) = (0, None);
    let since_ms = deps.clock.now_ms() - AFTER_THE_END_MS;
    for (item_id, _) in deps.catalogue.sellable_items(since_ms).await? {
        match deps.restock.reconcile(item_id).await {
            Ok(Reconciled::Same) => {}
            Ok(Reconciled::Repaired { detail, .. }) => {
                tracing::error!(%item_id, detail, "gate and ledger differed; see `detail` for the difference and the repair");
                repaired += 1;
            }
            Err(error) => drop(first_error.get_or_insert(error)),
        }
    }
    first_error.map_or(Ok(repaired), Err)
}
