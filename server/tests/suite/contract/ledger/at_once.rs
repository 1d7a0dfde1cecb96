//! Reservations that are written together with their orders.

use app::wire::{OrderId, ReservationState};
use server::engine::ports::{HeldOrders, OrderQueue, ReservationReader};

use super::{batch, held};
use crate::support::{START_MS, TestShop};

#[tokio::test]
async fn holds_are_written_with_their_orders() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(3).await, &shop.sql);
    let holds: Vec<_> = (1..=2).map(|buyer| held(item, buyer)).collect();
    assert!(sql.write_held(&batch(&holds), START_MS).await.unwrap());
    for (entry, order_id) in batch(&holds) {
        let unit = entry.unit;
        let record = ReservationReader::get(sql, unit.reservation_id, unit.buyer).await;
        let record = record.unwrap().unwrap();
        assert_eq!(record.state, ReservationState::Ordered);
        assert_eq!(record.order_id, Some::<OrderId>(order_id));
        assert_eq!(record.position, entry.position);
    }
    assert_eq!(sql.take_batch(10).await.unwrap(), [], "nothing is queued");
    let audited_item = shop.audit().await.items[0];
    assert_eq!(
        (
            audited_item.sellable,
            audited_item.locked,
            audited_item.orders_live
        ),
        (1, 2, 2)
    );
}

#[tokio::test]
async fn nothing_is_written_if_the_ledger_has_too_few_units() {
    let shop = TestShop::new().await;
    let (plenty, one) = (shop.item(5).await, shop.item(1).await);
    let holds = [held(plenty, 1), held(one, 2), held(one, 3)];
    let written = shop.sql.write_held(&batch(&holds), START_MS).await;
    assert!(!written.unwrap());
    for entry in &holds {
        let unit = entry.unit;
        let record = ReservationReader::get(&shop.sql, unit.reservation_id, unit.buyer).await;
        assert_eq!(record.unwrap(), None);
    }
    let audit = shop.audit().await;
    assert!(audit.items.iter().all(|item| item.locked == 0), "{audit:?}");
}

#[tokio::test]
async fn nothing_is_written_if_a_reservation_is_known_or_its_buyer_has_an_order() {
    let shop = TestShop::new().await;
    let (item, sql) = (shop.item(5).await, &shop.sql);
    let first = held(item, 1);
    sql.put(std::slice::from_ref(&first)).await.unwrap();
    let with_known = batch(&[held(item, 2), first.clone()]);
    assert!(!sql.write_held(&with_known, START_MS).await.unwrap());
    let ordered = batch(&[held(item, 3)]);
    assert!(sql.write_held(&ordered, START_MS).await.unwrap());
    let mut of_the_same_buyer = held(item, 4);
    of_the_same_buyer.unit.buyer = ordered[0].0.unit.buyer;
    let with_second = batch(&[held(item, 2), of_the_same_buyer]);
    assert!(!sql.write_held(&with_second, START_MS).await.unwrap());
    assert_eq!(sql.take_batch(10).await.unwrap(), [first]);
    let audited_item = shop.audit().await.items[0];
    assert_eq!((audited_item.locked, audited_item.orders_live), (1, 1));
}
