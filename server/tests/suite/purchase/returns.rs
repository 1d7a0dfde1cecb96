//! Units that come back.

use app::port::Storefront;
use app::wire::{ApiError, CloseReason, OrderEvent, OrderState};
use server::engine::orders::close_unpaid;

use super::{TestClient, visitor};
use crate::support::{START_MS, TestShop};

#[tokio::test]
async fn an_unpaid_order_closes_after_the_pay_window_and_another_buyer_gets_the_unit() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let (first, second) = (visitor(1), visitor(2));
    let order_id = client.order_of(&first, item).await;
    assert_eq!(client.buy(&second, item).await, Err(ApiError::SoldOut));

    client.shop.clock.advance(599_999);
    assert_eq!(
        close_unpaid::run_once(&client.shop.engine.orders, &client.shop.engine.payments)
            .await
            .unwrap(),
        0
    );
    client.shop.clock.advance(1);
    assert_eq!(
        close_unpaid::run_once(&client.shop.engine.orders, &client.shop.engine.payments)
            .await
            .unwrap(),
        1
    );
    client.shop.drain().await;

    let order = client.order(&first, order_id).await.unwrap();
    assert_eq!(order.order.state, OrderState::Closed);
    assert_eq!(order.order.close_reason, Some(CloseReason::Unpaid));
    let last = order.history.last().unwrap();
    assert_eq!(
        (last.event, last.at_ms),
        (OrderEvent::ClosedUnpaid, START_MS + 600_000)
    );
    assert_eq!(client.stock(item).await.unwrap().sellable, 1);
    client.order_of(&second, item).await;
    let audited_item = client.shop.audit().await.items[0];
    assert_eq!(
        (
            audited_item.orders_live,
            audited_item.orders_closed,
            audited_item.sellable
        ),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn known_failure_05_a_sold_out_mark_is_cleared_when_a_unit_comes_back() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let order_id = client.order_of(&visitor(1), item).await;
    let path = client.path_for(&visitor(2), item).await.unwrap().path;
    let sold_out = client.purchase(&visitor(2), path, item).await;
    assert_eq!(sold_out, Err(ApiError::SoldOut));
    assert!(
        client.shop.engine.purchase.purchases.is_sold_out(item),
        "from here on the gate is not asked"
    );
    assert_eq!(client.ask(&visitor(3), item).await, Err(ApiError::SoldOut));

    client.cancel(&visitor(1), order_id).await.unwrap();
    client.shop.drain().await;
    assert!(!client.shop.engine.purchase.purchases.is_sold_out(item));
    client.order_of(&visitor(3), item).await;
    client.shop.audit().await;
}

#[tokio::test]
async fn a_buyer_who_cancelled_may_buy_again() {
    let client = TestClient::new().await;
    let (item, buyer) = (client.shop.item(2).await, visitor(1));
    let order_id = client.order_of(&buyer, item).await;
    let cancelled = client.cancel(&buyer, order_id).await.unwrap();
    assert_eq!(cancelled.order.close_reason, Some(CloseReason::Cancelled));
    assert_eq!(
        client.cancel(&buyer, order_id).await,
        Err(ApiError::OrderState),
        "once"
    );
    client.shop.drain().await;
    let again = client.order_of(&buyer, item).await;
    assert_ne!(again, order_id);
    assert_eq!(client.orders(&buyer).await.unwrap().len(), 2);
    assert_eq!(client.shop.audit().await.items[0].sellable, 1);
}

#[tokio::test]
async fn a_unit_that_came_back_while_the_process_was_down_is_sellable_after_the_start() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let order_id = client.order_of(&visitor(1), item).await;
    // Killed between the ledger's commit and the gate's release.
    client.cancel(&visitor(1), order_id).await.unwrap();
    let client = client.restart().await;
    client.shop.drain().await;
    client.order_of(&visitor(2), item).await;
    client.shop.audit().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_closed_does_not_stop_others() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let (broken, sound) = (client.shop.item(1).await, client.shop.item(1).await);
    let stuck = client.order_of(&visitor(1), broken).await;
    let closed = client.order_of(&visitor(2), sound).await;
    let wrong = format!(
        "UPDATE items SET locked = 0, sellable = 1 WHERE id = X'{}'",
        broken.0.simple()
    );
    client.shop.change_by_hand(&wrong).await;

    client.shop.clock.advance(600_000);
    let engine = &client.shop.engine;
    let run = close_unpaid::run_once(&engine.orders, &engine.payments).await;
    assert!(run.is_err(), "it is said");
    let state = async |who, id| client.order(&visitor(who), id).await.unwrap().order.state;
    assert_eq!(state(2, closed).await, OrderState::Closed);
    assert_eq!(state(1, stuck).await, OrderState::PendingPayment);
}
