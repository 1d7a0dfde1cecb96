//! Purchases in an embedded shop whose orders are written together with the holds.

use std::sync::Arc;

use app::{
    port::Storefront,
    wire::{ApiError, ReservationState},
};
use server::{adapters::fault_injection::FaultInjector, engine::orders::write_orders};

use super::{TestClient, visitor, waiting::Refuses};
use crate::support::{Data, ManualClock, START_MS, TestShop};

async fn client() -> TestClient {
    client_with(None).await
}

async fn client_with(faults: Option<Arc<dyn FaultInjector>>) -> TestClient {
    let clock = Arc::new(ManualClock::at(START_MS));
    let shop = TestShop::open(Data::embedded(), clock, Arc::default(), faults, |config| {
        config.workers.orders_per_s = None;
    });
    TestClient::of(shop.await)
}

#[tokio::test]
async fn orders_refused_together_are_queued_and_written_one_by_one() {
    let client = client_with(Some(Arc::new(Refuses("write_held")))).await;
    let item = client.shop.item(2).await;
    let mut told = Vec::new();
    for buyer in [visitor(1), visitor(2)] {
        let reserved = client.buy(&buyer, item).await.unwrap();
        told.push((buyer, reserved.reservation_id));
    }
    client.shop.drain().await;
    for (buyer, reservation_id) in told {
        client.ordered(&buyer, reservation_id).await;
    }
}

#[tokio::test]
async fn the_order_exists_when_the_buyer_gets_the_position() {
    let client = client().await;
    let item = client.shop.item(2).await;
    for buyer in [visitor(1), visitor(2)] {
        let reserved = client.buy(&buyer, item).await.unwrap();
        client.ordered(&buyer, reserved.reservation_id).await;
    }
    assert_eq!(
        write_orders::run_once(&client.shop.engine.orders, 256)
            .await
            .unwrap(),
        0,
        "nothing is left for the order writer"
    );
    // Disk and memory agree.
    let client = client.restart().await;
    let refused = client.buy(&visitor(3), item).await;
    assert_eq!(refused, Err(ApiError::SoldOut));
    let audited_item = client.shop.audit().await.items[0];
    assert_eq!((audited_item.locked, audited_item.orders_live), (2, 2));
}

#[tokio::test]
async fn the_order_writer_ends_holds_that_cannot_be_ordered_at_once() {
    let client = client().await;
    let item = client.shop.item(2).await;
    // The gate has loaded the item.
    client.path_for(&visitor(1), item).await.unwrap();
    let first = client.buy(&visitor(1), item).await.unwrap();
    client.ordered(&visitor(1), first.reservation_id).await;
    // The ledger loses its last unit: the gate promises one too many.
    let lost = "UPDATE items SET sellable = sellable - 1, total = total - 1";
    client.shop.change_by_hand(lost).await;
    let second = client.buy(&visitor(2), item).await.unwrap();
    let state = async || {
        let found = client.reservation(&visitor(2), second.reservation_id).await;
        found.unwrap().state
    };
    assert_eq!(state().await, ReservationState::Queued);
    client.shop.drain().await;
    assert_eq!(state().await, ReservationState::Failed);
    assert_eq!(client.shop.audit().await.items[0].orders_live, 1);
}
