//! Tests of one item's decisions.

use super::*;
use app::wire::ItemId;
use uuid::Uuid;

fn item(sellable: u32) -> GateItem {
    GateItem::load(&empty(sellable), 0, &mut ReleasedUnits::default())
}

fn empty(sellable: u32) -> ItemSnapshot {
    let stock = GateStock {
        total: sellable,
        sellable,
        locked: 0,
        sold: 0,
    };
    let summary = ItemSummary {
        window: Window {
            starts_at_ms: 10,
            ends_at_ms: 20,
            stopped: false,
        },
        stock,
        holding: 0,
        due: 0,
        last_position: 0,
        last_good_position: 0,
        segments: 1,
        epoch: None,
    };
    let holders = Vec::new();
    ItemSnapshot { summary, holders }
}

fn request(buyer: u128, reservation: u128) -> ReserveRequest {
    ReserveRequest {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(reservation)),
            item_id: ItemId(Uuid::from_u128(1)),
            buyer: AccountId(Uuid::from_u128(buyer)),
        },
        path: "p".into(),
        asked_before: false,
    }
}

fn reserve(item: &mut GateItem, request: &ReserveRequest, now_ms: i64) -> Decision {
    item.reserve(request, &ReleasedUnits::default(), now_ms)
}

#[test]
fn known_failure_01_a_repeated_click_takes_no_stock() {
    let mut item = item(5);
    assert_eq!(
        reserve(&mut item, &request(1, 1), 15),
        Decision::Held { position: 1 }
    );
    let first = ReservationId(Uuid::from_u128(1));
    for click in 2..10 {
        let again = reserve(&mut item, &request(1, click), 15);
        assert_eq!(again, Decision::AlreadyReserved(first));
    }
    assert_eq!(
        item.stock,
        GateStock {
            total: 5,
            sellable: 4,
            locked: 1,
            sold: 0
        }
    );
}

#[test]
fn known_failure_03_the_window_is_checked_at_the_purchase() {
    let mut item = item(5);
    let mut at = |now_ms| reserve(&mut item, &request(1, 1), now_ms);
    assert_eq!(at(9), Decision::Refused(Rejection::NotStarted));
    assert_eq!(at(20), Decision::Refused(Rejection::Ended));
    assert_eq!(at(10), Decision::Held { position: 1 });
}

#[test]
fn the_same_request_again_gives_the_same_answer() {
    let mut item = item(1);
    let answer = reserve(&mut item, &request(1, 1), 15);
    assert_eq!(reserve(&mut item, &request(1, 1), 15), answer);
    assert_eq!(
        reserve(&mut item, &request(1, 1), 25),
        answer,
        "even after the end"
    );
    assert_eq!(item.stock.locked, 1);
}

#[test]
fn a_release_counts_once() {
    let mut item = item(1);
    reserve(&mut item, &request(1, 1), 15);
    let unit = Unit {
        item_id: ItemId(Uuid::from_u128(1)),
        buyer: AccountId(Uuid::from_u128(1)),
        reservation_id: ReservationId(Uuid::from_u128(1)),
    };
    assert_eq!(item.release(unit, Release::Return, 1), Some(1));
    assert_eq!(item.release(unit, Release::Return, 2), None);
    assert_eq!(item.stock.sellable, 1);
    assert_eq!(
        reserve(&mut item, &request(2, 2), 15),
        Decision::Held { position: 2 }
    );
}

fn unit(buyer: u128, reservation: u128) -> Unit {
    request(buyer, reservation).unit
}

/// The ledger's data of an item of `total` units with these holders, by buyer and reservation, all
/// without an order.
fn snapshot(total: u32, holders: &[(u128, u128)]) -> ItemSnapshot {
    let mut snapshot = empty(total);
    let held = (holders.len() as u32).min(total);
    snapshot.summary.stock.sellable -= held;
    snapshot.summary.stock.locked = held;
    let numbered = holders.iter().zip(1..);
    snapshot.holders = numbered
        .map(|(&(buyer, reservation), position)| Holder {
            buyer: unit(buyer, reservation).buyer,
            reservation_id: unit(buyer, reservation).reservation_id,
            position,
            paid: false,
        })
        .collect();
    snapshot
}

#[test]
fn a_unit_with_two_holders_in_the_ledger_is_not_sold_a_third_time() {
    let ledger = snapshot(1, &[(1, 1), (2, 2)]);
    let mut known = ReleasedUnits::default();
    let mut item = GateItem::load(&ledger, 0, &mut known);
    assert_eq!(item.release(unit(1, 1), Release::Return, 1), Some(1));
    assert_eq!((item.stock.sellable, item.stock.locked), (0, 1));
    known.add(unit(1, 1).reservation_id, Some(1));
    assert_eq!(
        item.difference(&GateItem::load(&ledger, 0, &mut known)),
        None
    );
    assert_eq!(item.release(unit(2, 2), Release::Return, 2), Some(2));
    assert_eq!((item.stock.sellable, item.stock.locked), (1, 0));
}

#[test]
fn the_earlier_unit_of_a_buyer_with_a_new_hold_comes_back() {
    for (total, left) in [(1, 0), (2, 1)] {
        let ledger = snapshot(total, &[(1, 1), (1, 2)]);
        let mut item = GateItem::load(&ledger, 0, &mut ReleasedUnits::default());
        assert_eq!(item.stock.sellable, 0);
        assert_eq!(item.release(unit(1, 1), Release::Return, 1), Some(1));
        assert_eq!((item.stock.sellable, item.stock.locked), (left, 1));
        assert_eq!(item.release(unit(1, 2), Release::Return, 2), Some(2));
        assert_eq!((item.stock.sellable, item.stock.locked), (total, 0));
    }
}
