//! The second part of an audit: compares a gate outside the ledger with the ledger, holder by
//! holder.

use super::{Deps, Report, TIME_BOUND_MS, Violation};
use crate::engine::ports::{GateFacts, GateStock, PortError, Window};

/// Rounds that ended within this time are compared too.
const AFTER_THE_END_MS: i64 = 24 * 3_600_000;
/// An item must be at the gate this long after its round's start.
const LOADED_WITHIN_MS: i64 = 60_000;

/// The rule that may appear broken when it is checked during a change; see [`compare`].
pub const GATE_EQUALS_LEDGER: &str = "gate_equals_ledger";

/// Adds the state of gate, outbox and queue to `report`. An item that changes during the read is
/// not compared. Gate and ledger cannot be read at the same moment, so a difference counts only if
/// a second comparison finds it too.
pub async fn compare(deps: &Deps, report: &mut Report) -> Result<(), PortError> {
    let (Some(gate), Some(outbox)) = (&deps.gate, &deps.outbox) else {
        return Ok(());
    };
    let queue = deps.queue.depth().await?;
    let waiting = outbox.depth().await? + queue.waiting;
    if queue.parked > 0 {
        report.add(Violation {
            rule: "nothing_parked",
            item_id: None,
            detail: format!("{} reservations could not be written", queue.parked),
        });
    }
    let now_ms = deps.clock.now_ms();
    let mut unknown = 0;
    let items = deps.catalogue.sellable_items(now_ms - AFTER_THE_END_MS);
    for (item_id, window) in items.await? {
        let facts = gate.facts(item_id, now_ms - TIME_BOUND_MS).await?;
        unknown += facts.map_or(0, |facts| u64::from(facts.unknown));
        let broken = match facts {
            Some(facts) => violations(&facts),
            None if is_on_sale(window, now_ms) => vec![(
                "items_on_sale_are_at_the_gate",
                "it is not loaded, or closed: nobody can buy it".to_owned(),
            )],
            None => Vec::new(),
        };
        for (rule, detail) in broken {
            report.add(Violation {
                rule,
                item_id: Some(item_id),
                detail,
            });
        }
    }
    // `waiting` misses entries in flight at a worker; `unknown` misses what the gate forgot.
    report.on_their_way = waiting.max(unknown);
    Ok(())
}

/// Also true while stopped: a stopped round can be resumed at any time.
fn is_on_sale(window: Window, now_ms: i64) -> bool {
    (window.starts_at_ms + LOADED_WITHIN_MS..window.ends_at_ms).contains(&now_ms)
}

fn violations(facts: &GateFacts) -> Vec<(&'static str, String)> {
    let mut broken = Vec::new();
    if facts.unknown_late > 0 {
        let detail = format!(
            "{} units are held for longer than {} s, and the ledger does not know by whom",
            facts.unknown_late,
            TIME_BOUND_MS / 1000
        );
        broken.push(("holds_reach_the_ledger_in_time", detail));
    }
    if !facts.is_exact {
        return broken;
    }
    let gate = facts.gate;
    if gate.total != gate.sellable + gate.locked + gate.sold {
        broken.push(("gate_adds_up", shown(gate)));
    }
    let expected = expected(facts);
    if gate != expected || facts.wrong > 0 {
        let detail = format!(
            "gate {}, ledger {}; {} holders differ",
            shown(gate),
            shown(expected),
            facts.wrong
        );
        broken.push((GATE_EQUALS_LEDGER, detail));
    }
    broken
}

/// The ledger's counters, plus the units that have not reached it yet.
fn expected(facts: &GateFacts) -> GateStock {
    let GateFacts {
        ledger, unknown, ..
    } = *facts;
    GateStock {
        sellable: ledger.sellable.saturating_sub(unknown),
        locked: ledger.locked + unknown,
        ..ledger
    }
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
