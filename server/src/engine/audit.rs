//! The auditor: checks the ledger's invariants from its rows, and that a gate outside the process
//! agrees.

mod gate;

use std::sync::Arc;

use app::wire::ItemId;
use serde::Serialize;

pub use gate::{GATE_EQUALS_LEDGER, compare};

use super::{
    activity_log,
    ports::{
        ActivityLog, AuditBounds, AuditedGate, Catalogue, ChainEnd, Clock, GateLedger, ItemFacts,
        LedgerFacts, OrderQueue, Outbox, PortError,
    },
};

/// Dependencies of the auditor.
#[derive(Clone)]
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub facts: Arc<dyn LedgerFacts>,
    pub catalogue: Arc<dyn Catalogue>,
    /// The gate, if it runs outside the ledger.
    pub gate: Option<Arc<dyn AuditedGate>>,
    pub ledger: Arc<dyn GateLedger>,
    pub queue: Arc<dyn OrderQueue>,
    /// The outbox, if the gate runs outside the ledger.
    pub outbox: Option<Arc<dyn Outbox>>,
    pub activity_log: Arc<dyn ActivityLog>,
}

/// Reservations must end, and unpaid orders must be closed, within this time after they are due. At
/// this age a queue is reported as stuck.
pub const TIME_BOUND_MS: i64 = 2 * 60_000;
/// The gate must learn of a returned or paid unit within this time.
const DUE_BOUND_MS: i64 = 60_000;

/// The result of an audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// No violation.
    pub ok: bool,
    /// One entry per item.
    pub items: Vec<AuditedItem>,
    /// Every broken rule.
    pub violations: Vec<Violation>,
    /// Reservations that are in a gate outside the ledger but not yet in the ledger. For an item with
    /// more than a thousand, only those in outbox or queue count.
    pub on_their_way: u64,
    /// The activity log's last entry. Keep it elsewhere to check that a later log continues from it.
    pub activity_log: Option<ChainEnd>,
}

/// An item's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AuditedItem {
    pub item_id: ItemId,
    /// The item's own counters.
    pub total: i64,
    /// See `total`.
    pub sellable: i64,
    /// See `total`.
    pub locked: i64,
    /// See `total`.
    pub sold: i64,
    /// Waiting for payment or paid.
    pub orders_live: i64,
    pub orders_paid: i64,
    pub orders_closed: i64,
    /// Waiting for their order.
    pub reservations_open: i64,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The rule's name, one word.
    pub rule: &'static str,
    /// The item; `None` when the rule concerns no single item.
    pub item_id: Option<ItemId>,
    /// The numbers that break the rule.
    pub detail: String,
}

impl Report {
    fn add(&mut self, violation: Violation) {
        self.ok = false;
        self.violations.push(violation);
    }
}

/// Reads the ledger and checks it.
pub async fn audit(ledger: &dyn LedgerFacts, now_ms: i64) -> Result<Report, PortError> {
    let before_ms = now_ms - TIME_BOUND_MS;
    let bounds = AuditBounds {
        queued_before_ms: before_ms,
        overdue_before_ms: before_ms,
        due_before_ms: now_ms - DUE_BOUND_MS,
    };
    let facts = ledger.facts(bounds).await?;
    let violations: Vec<_> = facts.iter().flat_map(violations).collect();
    Ok(Report {
        ok: violations.is_empty(),
        items: facts.iter().map(audited_item).collect(),
        violations,
        on_their_way: 0,
        activity_log: None,
    })
}

/// Checks the activity log's chain and adds violations to `report`.
///
/// # Errors
/// If the ledger fails.
pub async fn check_activity_log(
    log: &dyn ActivityLog,
    report: &mut Report,
) -> Result<(), PortError> {
    let verified = activity_log::verify(log).await?;
    report.activity_log = Some(verified.end);
    if let Some(detail) = verified.broken {
        report.add(Violation {
            rule: "activity_log_is_whole",
            item_id: None,
            detail,
        });
    }
    Ok(())
}

fn audited_item(facts: &ItemFacts) -> AuditedItem {
    AuditedItem {
        item_id: facts.item_id,
        total: facts.total,
        sellable: facts.sellable,
        locked: facts.locked,
        sold: facts.sold,
        orders_live: facts.orders_pending + facts.orders_paid,
        orders_paid: facts.orders_paid,
        orders_closed: facts.orders_closed,
        reservations_open: facts.reservations_queued,
    }
}

/// Checks each rule: its name, whether it holds, and the detail to report when it does not.
fn violations(f: &ItemFacts) -> Vec<Violation> {
    let held = f.orders_pending + f.orders_paid + f.reservations_queued;
    let rules = [
        (
            "counters_add_up",
            f.total == f.sellable + f.locked + f.sold,
            format!("{} ≠ {} + {} + {}", f.total, f.sellable, f.locked, f.sold),
        ),
        (
            "nothing_negative",
            f.sellable >= 0 && f.locked >= 0 && f.sold >= 0,
            format!(
                "sellable {}, locked {}, sold {}",
                f.sellable, f.locked, f.sold
            ),
        ),
        (
            "locked_is_pending_orders",
            f.locked == f.orders_pending,
            format!("locked {}, pending orders {}", f.locked, f.orders_pending),
        ),
        (
            "sold_is_paid_orders",
            f.sold == f.orders_paid,
            format!("sold {}, paid orders {}", f.sold, f.orders_paid),
        ),
        (
            "not_oversold",
            held <= f.total,
            format!("{held} units promised of {}", f.total),
        ),
        none("one_live_order_per_buyer", f.orders_repeated),
        none("one_reservation_per_buyer", f.reservations_repeated),
        none("orders_are_founded", f.orders_unfounded),
        none("orders_inside_the_window", f.orders_outside_window),
        none("reservations_end_in_time", f.reservations_late),
        none("reservations_end_with_a_result", f.reservations_unended),
        none("unpaid_orders_close_in_time", f.orders_overdue),
        none("paid_orders_have_their_payment", f.orders_unfunded),
        none("money_pays_an_order_or_goes_back", f.payments_unspent),
        none("releases_reach_the_gate_in_time", f.releases_late),
        none("payments_reach_the_gate_in_time", f.confirms_late),
    ];
    rules
        .into_iter()
        .filter(|(_, holds, _)| !holds)
        .map(|(rule, _, detail)| Violation {
            rule,
            item_id: Some(f.item_id),
            detail,
        })
        .collect()
}

fn none(rule: &'static str, count: i64) -> (&'static str, bool, String) {
    (rule, count == 0, format!("{count} rows"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn sound() -> ItemFacts {
        ItemFacts {
            item_id: ItemId(Uuid::from_u128(1)),
            total: 10,
            sellable: 6,
            locked: 3,
            sold: 1,
            orders_pending: 3,
            orders_paid: 1,
            orders_closed: 5,
            orders_overdue: 0,
            orders_unfunded: 0,
            payments_unspent: 0,
            orders_repeated: 0,
            orders_unfounded: 0,
            orders_outside_window: 0,
            reservations_queued: 2,
            reservations_late: 0,
            reservations_repeated: 0,
            reservations_unended: 0,
            releases_late: 0,
            confirms_late: 0,
        }
    }

    fn broken(change: impl FnOnce(&mut ItemFacts)) -> Vec<&'static str> {
        let mut facts = sound();
        change(&mut facts);
        violations(&facts)
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    #[test]
    fn a_sound_item_has_no_violation() {
        assert_eq!(violations(&sound()), []);
    }

    #[test]
    fn every_broken_rule_is_found() {
        assert_eq!(broken(|f| f.total = 11), ["counters_add_up"]);
        assert_eq!(
            broken(|f| (f.sellable, f.total) = (-1, 3)),
            ["nothing_negative", "not_oversold"]
        );
        assert_eq!(
            broken(|f| f.orders_pending = 2),
            ["locked_is_pending_orders"]
        );
        assert_eq!(broken(|f| f.orders_paid = 2), ["sold_is_paid_orders"]);
        assert_eq!(broken(|f| f.reservations_queued = 7), ["not_oversold"]);
        assert_eq!(
            broken(|f| f.orders_repeated = 1),
            ["one_live_order_per_buyer"]
        );
        assert_eq!(
            broken(|f| f.reservations_repeated = 1),
            ["one_reservation_per_buyer"]
        );
        assert_eq!(broken(|f| f.orders_unfounded = 1), ["orders_are_founded"]);
        assert_eq!(
            broken(|f| f.orders_outside_window = 1),
            ["orders_inside_the_window"]
        );
        assert_eq!(
            broken(|f| f.reservations_late = 1),
            ["reservations_end_in_time"]
        );
        assert_eq!(
            broken(|f| f.reservations_unended = 1),
            ["reservations_end_with_a_result"]
        );
        assert_eq!(
            broken(|f| f.orders_overdue = 1),
            ["unpaid_orders_close_in_time"]
        );
        assert_eq!(
            broken(|f| f.orders_unfunded = 1),
            ["paid_orders_have_their_payment"]
        );
        assert_eq!(
            broken(|f| f.payments_unspent = 1),
            ["money_pays_an_order_or_goes_back"]
        );
        assert_eq!(
            broken(|f| f.releases_late = 1),
            ["releases_reach_the_gate_in_time"]
        );
        assert_eq!(
            broken(|f| f.confirms_late = 1),
            ["payments_reach_the_gate_in_time"]
        );
    }
}
