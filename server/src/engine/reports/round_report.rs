//! Computes a report from a round and its orders alone.

use std::collections::BTreeMap;

use app::wire::{
    CloseReason, FailureCount, Interval, ItemReport, Money, OrderState, RoundOverview, RoundReport,
    StateSum, Waits,
};

use crate::engine::ports::ReportedOrder;

/// The order states, in the order in which an order passes through them.
const STATES: [OrderState; 7] = [
    OrderState::PendingPayment,
    OrderState::Paid,
    OrderState::Shipped,
    OrderState::Received,
    OrderState::Refunding,
    OrderState::Refunded,
    OrderState::Closed,
];
/// Interval lengths in seconds. The first one that gives at most [`MOST_INTERVALS`] is used.
const LENGTHS_S: [u32; 8] = [1, 5, 15, 60, 300, 900, 3_600, 14_400];
/// The most bars that are still distinguishable on a phone.
const MOST_INTERVALS: i64 = 120;

/// Computes the report.
pub fn of(
    round: RoundOverview,
    orders: &[ReportedOrder],
    failures: Vec<FailureCount>,
    read_at_ms: i64,
) -> RoundReport {
    let sum = |counts: &dyn Fn(&&ReportedOrder) -> bool| -> Money {
        Money(orders.iter().filter(counts).map(|order| order.amount).sum())
    };
    let closed = |reason| {
        let because = Some(reason);
        let orders = orders.iter().filter(|order| order.close_reason == because);
        orders.count() as u64
    };
    let made = || orders.iter().map(|order| order.created_at_ms);
    let (interval_s, intervals) = intervals(orders);
    let until_ordered = orders
        .iter()
        .map(|order| order.created_at_ms - order.held_at_ms);
    let until_paid = orders
        .iter()
        .filter_map(|order| Some(order.paid_at_ms? - order.created_at_ms));
    RoundReport {
        round_id: round.round_id,
        title: round.title,
        starts_at_ms: round.starts_at_ms,
        ends_at_ms: round.ends_at_ms,
        read_at_ms,
        is_cut: false,
        states: STATES
            .into_iter()
            .filter_map(|state| in_state(orders, state))
            .collect(),
        orders: orders.len() as u64,
        closed_unpaid: closed(CloseReason::Unpaid),
        cancelled: closed(CloseReason::Cancelled),
        turnover: sum(&|order| was_paid(order.state)),
        refunds: sum(&|order| goes_back(order.state)),
        failures,
        until_ordered: waits(until_ordered.collect()),
        until_paid: waits(until_paid.collect()),
        first_order_at_ms: made().min(),
        last_order_at_ms: made().max(),
        interval_s,
        intervals,
        items: round
            .items
            .into_iter()
            .map(|item| {
                let of_item = || orders.iter().filter(|order| order.item_id == item.item_id);
                ItemReport {
                    sold_out_at_ms: sold_out_at(of_item(), item.total),
                    orders: of_item().count() as u64,
                    item_id: item.item_id,
                    title: item.title,
                    sale_price: item.sale_price,
                    total: item.total,
                    sellable: item.sellable,
                    locked: item.locked,
                    sold: item.sold,
                }
            })
            .collect(),
    }
}

fn was_paid(state: OrderState) -> bool {
    state.has_its_money() || goes_back(state)
}

fn goes_back(state: OrderState) -> bool {
    matches!(state, OrderState::Refunding | OrderState::Refunded)
}

fn in_state(orders: &[ReportedOrder], state: OrderState) -> Option<StateSum> {
    let (mut count, mut amount) = (0, 0);
    for order in orders.iter().filter(|order| order.state == state) {
        count += 1;
        amount += order.amount;
    }
    (count > 0).then_some(StateSum {
        state,
        orders: count,
        amount: Money(amount),
    })
}

/// When all units were held at the same time for the first time. Ignores orders held and closed before; of
/// events at the same instant, returns come first.
fn sold_out_at<'o>(orders: impl Iterator<Item = &'o ReportedOrder>, total: u32) -> Option<i64> {
    let mut changes: Vec<(i64, i64)> = Vec::new();
    for order in orders {
        changes.push((order.held_at_ms, 1));
        changes.extend(order.closed_at_ms.map(|at_ms| (at_ms, -1)));
    }
    changes.sort_unstable();
    let mut held = 0;
    for (at_ms, change) in changes {
        held += change;
        if held == i64::from(total) {
            return Some(at_ms);
        }
    }
    None
}

fn waits(mut took_ms: Vec<i64>) -> Option<Waits> {
    took_ms.sort_unstable();
    // Nearest rank: a waiting time that really occurred.
    let of_hundred = |part: usize| {
        let rank = (took_ms.len() * part).div_ceil(100);
        took_ms.get(rank.saturating_sub(1)).copied()
    };
    Some(Waits {
        p50_ms: of_hundred(50)?,
        p90_ms: of_hundred(90)?,
        p99_ms: of_hundred(99)?,
        max_ms: *took_ms.last()?,
    })
}

/// Intervals from the first order to the last event of any order.
fn intervals(orders: &[ReportedOrder]) -> (u32, Vec<Interval>) {
    let ends = |order: &ReportedOrder| {
        let moments = [
            Some(order.created_at_ms),
            order.paid_at_ms,
            order.closed_at_ms,
        ];
        moments.into_iter().flatten().max()
    };
    let first = orders.iter().map(|order| order.created_at_ms).min();
    let (Some(first), Some(last)) = (first, orders.iter().filter_map(ends).max()) else {
        return (LENGTHS_S[0], Vec::new());
    };
    let begins = |length_ms: i64| first.div_euclid(length_ms) * length_ms;
    let fits = |length_s: &&u32| {
        let length_ms = i64::from(**length_s) * 1_000;
        (last - begins(length_ms)) / length_ms < MOST_INTERVALS
    };
    let longest = &LENGTHS_S[LENGTHS_S.len() - 1];
    let length_s = *LENGTHS_S.iter().find(fits).unwrap_or(longest);
    let length_ms = i64::from(length_s) * 1_000;
    let mut counted: BTreeMap<i64, Interval> = BTreeMap::new();
    let count = ((last - begins(length_ms)) / length_ms + 1).min(MOST_INTERVALS);
    for number in 0..count {
        let at_ms = begins(length_ms) + number * length_ms;
        counted.insert(number, empty(at_ms));
    }
    let mut add = |at_ms: Option<i64>, field: fn(&mut Interval) -> &mut u64| {
        // Later events (refunds have no place in a chart anyway) only count in the sums.
        let number = at_ms.map(|at_ms| (at_ms - begins(length_ms)).div_euclid(length_ms));
        if let Some(interval) = number.and_then(|number| counted.get_mut(&number)) {
            *field(interval) += 1;
        }
    };
    for order in orders {
        add(Some(order.created_at_ms), |interval| &mut interval.ordered);
        add(order.paid_at_ms, |interval| &mut interval.paid);
        add(order.closed_at_ms, |interval| &mut interval.closed);
    }
    (length_s, counted.into_values().collect())
}

fn empty(at_ms: i64) -> Interval {
    Interval {
        at_ms,
        ordered: 0,
        paid: 0,
        closed: 0,
    }
}

#[cfg(test)]
mod tests {
    use app::wire::{ItemId, ItemOverview, LocalText, RoundId, RoundState};
    use uuid::Uuid;

    use super::*;

    const START_MS: i64 = 1_800_000_000_000;

    fn words(text: &str) -> LocalText {
        LocalText {
            zh: text.to_owned(),
            en: text.to_owned(),
        }
    }

    fn round(total: u32) -> RoundOverview {
        RoundOverview {
            round_id: RoundId(Uuid::from_u128(1)),
            title: words("Noon"),
            starts_at_ms: START_MS,
            ends_at_ms: START_MS + 3_600_000,
            state: RoundState::Approved,
            prepared_by: None,
            prepared_by_name: None,
            sent_back_because: None,
            to_approve: None,
            content_hash: String::new(),
            stopped: None,
            items: vec![ItemOverview {
                item_id: ItemId(Uuid::from_u128(2)),
                title: words("Lamp"),
                sale_price: Money(100),
                total,
                sellable: 0,
                locked: 0,
                sold: 0,
            }],
        }
    }

    /// An order held `held` milliseconds after the start, and made `made` milliseconds later.
    fn order(held: i64, made: i64, state: OrderState) -> ReportedOrder {
        let created_at_ms = START_MS + held + made;
        let closed = state == OrderState::Closed;
        ReportedOrder {
            item_id: ItemId(Uuid::from_u128(2)),
            amount: 100,
            state,
            close_reason: closed.then_some(CloseReason::Unpaid),
            held_at_ms: START_MS + held,
            created_at_ms,
            paid_at_ms: was_paid(state).then_some(created_at_ms + 60_000),
            closed_at_ms: closed.then_some(created_at_ms + 30_000),
        }
    }

    #[test]
    fn sums_follow_from_the_orders() {
        let orders = [
            order(0, 10, OrderState::Paid),
            order(1, 20, OrderState::Refunded),
            order(2, 30, OrderState::Closed),
            order(3, 40, OrderState::PendingPayment),
        ];
        let report = of(round(9), &orders, Vec::new(), START_MS);
        assert_eq!(
            (report.orders, report.closed_unpaid, report.cancelled),
            (4, 1, 0)
        );
        assert_eq!((report.turnover, report.refunds), (Money(200), Money(100)));
        let states: Vec<_> = report
            .states
            .iter()
            .map(|sum| (sum.state, sum.orders))
            .collect();
        assert_eq!(
            states,
            [
                (OrderState::PendingPayment, 1),
                (OrderState::Paid, 1),
                (OrderState::Refunded, 1),
                (OrderState::Closed, 1)
            ]
        );
        let waits = report.until_ordered.unwrap();
        assert_eq!(
            (waits.p50_ms, waits.p90_ms, waits.p99_ms, waits.max_ms),
            (20, 40, 40, 40)
        );
        assert_eq!(report.until_paid.unwrap().max_ms, 60_000);
        assert_eq!(report.first_order_at_ms, Some(START_MS + 10));
        assert_eq!(report.items[0].sold_out_at_ms, None);
    }

    #[test]
    fn an_item_is_sold_out_when_all_its_units_are_held_at_once() {
        let closed = order(0, 10, OrderState::Closed);
        let orders = [
            closed,
            order(50_000, 10, OrderState::Paid),
            order(70_000, 10, OrderState::Paid),
        ];
        let report = of(round(2), &orders, Vec::new(), START_MS);
        // The first unit had come back when the second was held.
        assert_eq!(report.items[0].sold_out_at_ms, Some(START_MS + 70_000));
        let report = of(round(1), &orders[..1], Vec::new(), START_MS);
        assert_eq!(report.items[0].sold_out_at_ms, Some(START_MS));
    }

    #[test]
    fn intervals_hold_every_order_and_are_never_too_many() {
        for (later_ms, length_s) in [(0, 1), (119_000, 5), (3_600_000, 60), (40_000_000, 900)] {
            let orders = [
                order(0, 0, OrderState::PendingPayment),
                order(later_ms, 0, OrderState::Paid),
            ];
            let report = of(round(9), &orders, Vec::new(), START_MS);
            assert_eq!(report.interval_s, length_s, "{later_ms}");
            assert!(report.intervals.len() <= 120);
            let sums = report
                .intervals
                .iter()
                .fold((0, 0), |(ordered, paid), interval| {
                    (ordered + interval.ordered, paid + interval.paid)
                });
            assert_eq!(sums, (2, 1), "{later_ms}");
        }
        let report = of(round(9), &[], Vec::new(), START_MS);
        assert_eq!((report.intervals, report.until_ordered), (Vec::new(), None));
    }
}
