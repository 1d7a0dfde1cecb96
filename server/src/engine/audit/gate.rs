//! The auditor's second look: a gate outside the ledger must say what the ledger says.

use super::{Deps, Report, Violation};
use crate::engine::ports::{GateStock, PortError};

/// Rounds that ended up to this long ago are compared too.
const AFTER_THE_END_MS: i64 = 24 * 3_600_000;

/// The rule that holds only while nothing is under way; see [`compare`].
pub const GATE_EQUALS_LEDGER: &str = "gate_equals_ledger";

/// Adds to `report` what gate, outbox and queue say. Gate and ledger are compared only when outbox
/// and queue are empty; what a worker has in its hands at that moment still makes them differ, so
/// a difference counts only if a second look finds it too.
pub async fn compare(deps: &Deps, report: &mut Report) -> Result<(), PortError> {
    let Some(outbox) = &deps.outbox else {
        return Ok(());
    };
    let queue = deps.queue.depth().await?;
    let on_their_way = outbox.depth().await? + queue.waiting;
    report.on_their_way = on_their_way;
    if queue.parked > 0 {
        report.add(Violation {
            rule: "nothing_parked",
            item_id: None,
            detail: format!("{} reservations could not be written", queue.parked),
        });
    }
    let since_ms = deps.clock.now_ms() - AFTER_THE_END_MS;
    for (item_id, _) in deps.catalogue.sellable_items(since_ms).await? {
        let Some(gate) = deps.gate.stock(item_id).await? else {
            continue;
        };
        let mut found = |rule, detail| {
            report.add(Violation {
                rule,
                item_id: Some(item_id),
                detail,
            });
        };
        if gate.total != gate.sellable + gate.locked + gate.sold {
            found("gate_adds_up", shown(gate));
        }
        let ledger = deps.ledger.summary(item_id).await?;
        let ledger = ledger.map(|summary| summary.stock);
        if on_their_way == 0 && ledger.is_some_and(|ledger| ledger != gate) {
            let ledger = ledger.map_or_else(String::new, shown);
            found(
                GATE_EQUALS_LEDGER,
                format!("gate {}, ledger {ledger}", shown(gate)),
            );
        }
    }
    Ok(())
}

fn shown(stock: GateStock) -> String {
    let GateStock {
        total,
        sellable,
        locked,
        sold,
    } = stock;
    format!("{total} = {sellable} + {locked} + {sold}")
}
