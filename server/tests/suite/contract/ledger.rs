//! The contract of the ledger: reservations and orders over one database.

mod at_once;

use app::wire::{
    AccountId, CloseReason, ItemId, OrderId, OrderState, Rejection, ReservationId, ReservationState,
};
use server::engine::ports::{
    CloseOutcome, DueReleases, GateLedger, OrderCloser, OrderQueue, OrderReader, OrderWriter,
    QueuedReservation, Release, ReservationReader, Unit, WriteOutcome,
};
use uuid::Uuid;

use server::engine::audit;

use crate::support::{START_MS, TestShop};

fn held(item_id: ItemId, buyer: u32) -> QueuedReservation {
    QueuedReservation {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(0xcc00 + u128::from(buyer))),
            item_id,
            buyer: AccountId(Uuid::from_u128(u128::from(buyer))),
        },
        path: format!("path{buyer}"),
        position: buyer,
        held_at_ms: START_MS,
        replayed: false,
    }
}

fn order_id(number: u32) -> OrderId {
    OrderId(Uuid::from_u128(0xdd00 + u128::from(number)))
}

fn batch(held: &[QueuedReservation]) -> Vec<(QueuedReservation, OrderId)> {
    held.iter()
        .map(|entry| (entry.clone(), order_id(entry.position)))
        .collect()
}

#[tokio::test]
async fn the_same_message_again_changes_nothing() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(1).await, &shop.sql);
    let requests: Vec<_> = (1..=2).map(|buyer| held(item, buyer)).collect();
    sql.put(&requests).await.unwrap();
    let first = sql.write(&batch(&requests), START_MS).await.unwrap();
    let sold_out = WriteOutcome::Failed(Rejection::SoldOut);
    assert_eq!(first, [WriteOutcome::Ordered(order_id(1)), sold_out]);
    let mut again = batch(&requests);
    for (_, id) in &mut again {
        *id = order_id(900);
    }
    assert_eq!(sql.write(&again, START_MS + 5).await.unwrap(), first);
    let item_line = shop.audit().await.items[0];
    assert_eq!((item_line.locked, item_line.orders_live), (1, 1));
}

#[tokio::test]
async fn an_entry_delivered_twice_in_one_batch_has_one_order_and_one_answer() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(1).await, &shop.sql);
    let [one, two] = [1, 2].map(|buyer| held(item, buyer));
    let mut twice = batch(&[one.clone(), two.clone(), one.clone(), two.clone()]);
    (twice[2].1, twice[3].1) = (order_id(900), order_id(901));
    let ordered = WriteOutcome::Ordered(order_id(1));
    let sold_out = WriteOutcome::Failed(Rejection::SoldOut);
    let expected = [ordered, sold_out, ordered, sold_out];
    assert_eq!(sql.write(&twice, START_MS).await.unwrap(), expected);
    assert_eq!(sql.write(&twice, START_MS).await.unwrap(), expected);
    let record = ReservationReader::get(sql, one.unit.reservation_id, one.unit.buyer)
        .await
        .unwrap();
    assert_eq!(record.unwrap().state, ReservationState::Ordered);
    assert_eq!(shop.audit().await.items[0].locked, 1);
}

#[tokio::test]
async fn a_failed_reservation_is_due_for_release_and_keeps_its_first_end() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(5).await, &shop.sql);
    let entries: Vec<_> = (1..=3).map(|buyer| held(item, buyer)).collect();
    sql.put(&entries[..1]).await.unwrap();
    sql.write(&batch(&entries[1..2]), START_MS).await.unwrap();
    let busy = WriteOutcome::Failed(Rejection::Busy);
    let expected = [busy, WriteOutcome::Ordered(order_id(2)), busy];
    let failed = sql.fail(&entries, Rejection::Busy, START_MS).await;
    assert_eq!(failed.unwrap(), expected);
    let again = sql.fail(&entries, Rejection::SoldOut, START_MS + 5).await;
    assert_eq!(again.unwrap(), expected);
    let written = sql.write(&batch(&entries), START_MS + 5).await.unwrap();
    assert_eq!(written, expected, "the unit is on its way back");
    assert_eq!(sql.due_releases(0, 10).await.unwrap().len(), 2);
    assert_eq!(shop.audit().await.items[0].locked, 1);
}

#[tokio::test]
async fn an_order_named_twice_is_closed_once() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(2).await, &shop.sql);
    let entries = [held(item, 1), held(item, 2)];
    sql.write(&batch(&entries), START_MS).await.unwrap();
    let ids = [order_id(2), order_id(1), order_id(2), order_id(900)];
    let outcomes = sql.close(&ids, CloseReason::Unpaid, "test", START_MS).await;
    assert_eq!(
        outcomes.unwrap(),
        [
            CloseOutcome::Closed,
            CloseOutcome::Closed,
            CloseOutcome::NotPending,
            CloseOutcome::NotPending
        ]
    );
    assert_eq!(shop.audit().await.items[0].sellable, 2);
}

#[tokio::test]
async fn a_load_of_the_gate_only_replaces_the_epoch_that_was_read() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(2).await, &shop.sql);
    let [first, second] = [1, 2].map(Uuid::from_u128);
    assert_eq!(sql.summary(item).await.unwrap().unwrap().epoch, None);
    assert!(sql.begin_epoch(item, first, None).await.unwrap());
    assert!(!sql.begin_epoch(item, second, None).await.unwrap());
    assert!(sql.begin_epoch(item, second, Some(first)).await.unwrap());
    assert!(!sql.begin_epoch(item, first, Some(first)).await.unwrap());
    let summary = sql.summary(item).await.unwrap().unwrap();
    assert_eq!(summary.epoch, Some(second));
}

#[tokio::test]
async fn entries_may_be_put_again() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(5).await, &shop.sql);
    let entries: Vec<_> = (1..=3).map(|buyer| held(item, buyer)).collect();
    sql.put(&entries[..2]).await.unwrap();
    sql.put(&entries).await.unwrap();
    assert_eq!(sql.take_batch(10).await.unwrap(), entries);
}

#[tokio::test]
async fn when_stock_is_short_the_first_in_line_get_it() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(2).await, &shop.sql);
    let requests: Vec<_> = (1..=4).map(|buyer| held(item, buyer)).collect();
    sql.put(&requests).await.unwrap();
    let outcomes = sql.write(&batch(&requests), START_MS).await.unwrap();
    let sold_out = WriteOutcome::Failed(Rejection::SoldOut);
    assert_eq!(
        outcomes,
        [
            WriteOutcome::Ordered(order_id(1)),
            WriteOutcome::Ordered(order_id(2)),
            sold_out,
            sold_out
        ]
    );
    let failed =
        ReservationReader::get(sql, requests[3].unit.reservation_id, requests[3].unit.buyer)
            .await
            .unwrap()
            .unwrap();
    assert_eq!(failed.state, ReservationState::Failed);
    assert_eq!(failed.reason, Some(Rejection::SoldOut));
    let due = sql.due_releases(0, 10).await.unwrap();
    let releases: Vec<_> = due.iter().map(|due| due.release).collect();
    assert_eq!(
        releases,
        [Release::Withdraw; 2],
        "the ledger has no unit for the two who failed"
    );
    shop.audit().await;
}

#[tokio::test]
async fn a_buyer_has_one_live_order_even_when_two_reservations_reach_the_ledger() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(5).await, &shop.sql);
    let first = held(item, 1);
    let second = QueuedReservation {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(0xcc99)),
            ..first.unit
        },
        position: 2,
        ..first.clone()
    };
    sql.put(&[first.clone(), second.clone()]).await.unwrap();
    let outcomes = sql
        .write(&batch(std::slice::from_ref(&first)), START_MS)
        .await
        .unwrap();
    assert_eq!(outcomes, [WriteOutcome::Ordered(order_id(1))]);
    let outcomes = sql.write(&batch(&[second]), START_MS).await.unwrap();
    assert_eq!(outcomes, [WriteOutcome::Failed(Rejection::AlreadyReserved)]);
    assert_eq!(shop.audit().await.items[0].locked, 1);
}

#[tokio::test]
async fn an_order_is_closed_once_and_its_unit_comes_back_once() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(1).await, &shop.sql);
    sql.put(&[held(item, 1)]).await.unwrap();
    sql.write(&batch(&[held(item, 1)]), START_MS).await.unwrap();
    let id = order_id(1);
    assert_eq!(sql.overdue(START_MS + 599_999, 0, 10).await.unwrap(), []);
    let overdue = sql.overdue(START_MS + 600_000, 0, 10).await.unwrap();
    assert_eq!(
        overdue
            .iter()
            .map(|order| order.order_id)
            .collect::<Vec<_>>(),
        [id]
    );
    let later = START_MS + 600_000;
    let closed = sql
        .close(&[id], CloseReason::Unpaid, "test", later)
        .await
        .unwrap();
    assert_eq!(closed, [CloseOutcome::Closed]);
    let again = sql
        .close(&[id], CloseReason::Cancelled, "test", later)
        .await
        .unwrap();
    assert_eq!(again, [CloseOutcome::NotPending]);
    let order = OrderReader::get(sql, id).await.unwrap().unwrap();
    assert_eq!(order.order.state, OrderState::Closed);
    assert_eq!(order.order.close_reason, Some(CloseReason::Unpaid));
    assert_eq!(sql.due_releases(0, 10).await.unwrap().len(), 1);
    sql.released(&[held(item, 1).unit.reservation_id])
        .await
        .unwrap();
    assert_eq!(sql.due_releases(0, 10).await.unwrap(), []);
    assert_eq!(shop.audit().await.items[0].sellable, 1);
}

#[tokio::test]
async fn known_failure_15_money_is_whole_fen_from_price_to_order() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(1).await, &shop.sql);
    sql.put(&[held(item, 1)]).await.unwrap();
    sql.write(&batch(&[held(item, 1)]), START_MS).await.unwrap();
    let order = OrderReader::get(sql, order_id(1))
        .await
        .unwrap()
        .unwrap()
        .order;
    assert_eq!(
        serde_json::to_value(&order).unwrap()["amount"],
        serde_json::json!(9_900)
    );
}

#[tokio::test]
async fn a_snapshot_counts_each_hold_until_its_release() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(5).await, &shop.sql);
    let requests: Vec<_> = (1..=3).map(|buyer| held(item, buyer)).collect();
    sql.put(&requests).await.unwrap();
    sql.write(&batch(&requests[..2]), START_MS).await.unwrap();
    sql.close(&[order_id(1)], CloseReason::Cancelled, "test", START_MS)
        .await
        .unwrap();
    let snapshot = sql.snapshot(item).await.unwrap().unwrap();
    let stock = snapshot.summary.stock;
    assert_eq!(
        (stock.sellable, stock.locked),
        (2, 3),
        "closed but not released still counts"
    );
    assert_eq!(
        (snapshot.holders.len(), snapshot.summary.last_position),
        (3, 3)
    );
    sql.released(&[requests[0].unit.reservation_id])
        .await
        .unwrap();
    let snapshot = sql.snapshot(item).await.unwrap().unwrap();
    assert_eq!(
        (snapshot.summary.stock.sellable, snapshot.holders.len()),
        (3, 2)
    );
}

#[tokio::test]
async fn holders_are_paged_and_each_appears_once() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(20).await, &shop.sql);
    let requests: Vec<_> = (1..=7).map(|buyer| held(item, buyer)).collect();
    sql.put(&requests).await.unwrap();
    sql.write(&batch(&requests[..3]), START_MS).await.unwrap();
    sql.close(&[order_id(1)], CloseReason::Cancelled, "test", START_MS)
        .await
        .unwrap();
    sql.released(&[requests[0].unit.reservation_id])
        .await
        .unwrap();

    let all = sql.snapshot(item).await.unwrap().unwrap();
    assert_eq!(Some(all.summary), sql.summary(item).await.unwrap());
    assert_eq!(all.summary.holding, 6, "one has come back");
    for limit in [1, 2, 3, 6, 7] {
        let (mut paged, mut last) = (Vec::new(), None);
        loop {
            let page = sql.holders(item, last, limit).await.unwrap();
            last = page.last().copied();
            paged.extend(page);
            if last.is_none() {
                break;
            }
        }
        assert_eq!(paged, all.holders, "pages of {limit}");
    }
}

#[tokio::test]
async fn the_status_is_returned_for_known_reservations() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(20).await, &shop.sql);
    let requests: Vec<_> = (1..=4).map(|buyer| held(item, buyer)).collect();
    sql.put(&requests[..3]).await.unwrap();
    sql.write(&batch(&requests[..2]), START_MS).await.unwrap();
    sql.close(&[order_id(1)], CloseReason::Cancelled, "test", START_MS)
        .await
        .unwrap();
    let ids: Vec<_> = requests
        .iter()
        .map(|request| request.unit.reservation_id)
        .collect();
    let holds = async || {
        let mut found = sql.status(&ids).await.unwrap();
        found.sort_by_key(|status| status.reservation_id);
        assert!(found.iter().all(|status| !status.paid));
        let holds = found
            .iter()
            .map(|status| (status.reservation_id, status.holds));
        holds.collect::<Vec<_>>()
    };
    let expected = |first| vec![(ids[0], first), (ids[1], true), (ids[2], true)];
    assert_eq!(holds().await, expected(true), "not released yet");
    sql.released(&ids[..1]).await.unwrap();
    assert_eq!(holds().await, expected(false));
}

#[tokio::test]
async fn a_buyers_reservations_without_an_order_are_the_queued_ones_and_the_latest_failures() {
    let shop = TestShop::new().await;
    let sql = &shop.sql;
    let buyer = AccountId(Uuid::from_u128(1));
    let mut entries = Vec::new();
    for number in 1..=6 {
        let entry = held(shop.item(5).await, number);
        let held_at_ms = START_MS + i64::from(number);
        entries.push(QueuedReservation {
            unit: Unit {
                buyer,
                ..entry.unit
            },
            held_at_ms,
            replayed: false,
            ..entry
        });
    }
    let somebody_else = held(entries[0].unit.item_id, 7);
    // 1 and 2 are queued, 3 is ordered, 4 to 6 fail; the ledger learns of 5 and 6 by their failure.
    sql.put(&[&entries[..4], std::slice::from_ref(&somebody_else)].concat())
        .await
        .unwrap();
    sql.write(&batch(&entries[2..3]), START_MS).await.unwrap();
    sql.fail(&entries[3..], Rejection::Busy, START_MS + 60_000)
        .await
        .unwrap();

    let found = async |failed_since_ms, limit| {
        let found = sql.without_order(buyer, failed_since_ms, limit).await;
        found.unwrap()
    };
    let positions = async |failed_since_ms, limit| {
        let found = found(failed_since_ms, limit).await;
        found
            .iter()
            .map(|record| record.position)
            .collect::<Vec<_>>()
    };
    assert_eq!(positions(0, 10).await, [2, 1, 6, 5, 4]);
    assert_eq!(positions(START_MS + 5, 10).await, [2, 1, 6, 5]);
    assert_eq!(positions(i64::MAX, 10).await, [2, 1], "however long ago");
    assert_eq!(positions(0, 3).await, [2, 1, 6]);
    let records = found(0, 10).await;
    for (record, entry) in [(&records[0], &entries[1]), (&records[2], &entries[5])] {
        assert_eq!(record.unit.reservation_id, entry.unit.reservation_id);
        assert_eq!(record.unit.item_id, entry.unit.item_id);
        assert_eq!(
            (record.unit.buyer, record.held_at_ms),
            (buyer, entry.held_at_ms)
        );
    }
    assert_eq!(records[0].state, ReservationState::Queued);
    assert_eq!(records[2].state, ReservationState::Failed);
    assert_eq!(records[2].reason, Some(Rejection::Busy));
}

/// The ledger's rules that are broken at this instant.
async fn broken(shop: &TestShop, now_ms: i64) -> Vec<&'static str> {
    let report = audit::audit(&shop.sql, now_ms).await.unwrap();
    report.violations.iter().map(|found| found.rule).collect()
}

#[tokio::test]
async fn a_release_not_at_the_gate_within_a_minute_is_reported() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(1).await, &shop.sql);
    let entry = held(item, 1);
    sql.fail(std::slice::from_ref(&entry), Rejection::Busy, START_MS)
        .await
        .unwrap();
    let late = ["releases_reach_the_gate_in_time"];
    assert_eq!(broken(&shop, START_MS + 60_000).await, [""; 0]);
    assert_eq!(broken(&shop, START_MS + 60_001).await, late);
    sql.released(&[entry.unit.reservation_id]).await.unwrap();
    assert_eq!(broken(&shop, START_MS + 60_001).await, [""; 0]);
}

#[tokio::test]
async fn a_payment_not_at_the_gate_within_a_minute_is_reported() {
    let shop = TestShop::open_embedded().await;
    let (item, sql) = (shop.item(1).await, &shop.sql);
    sql.write(&batch(&[held(item, 1)]), START_MS).await.unwrap();
    let due = format!("UPDATE reservations SET confirm_due_at_ms = {START_MS}");
    shop.change_by_hand(&due).await;
    let late = ["payments_reach_the_gate_in_time"];
    assert_eq!(broken(&shop, START_MS + 60_000).await, [""; 0]);
    assert_eq!(broken(&shop, START_MS + 60_001).await, late);
}
