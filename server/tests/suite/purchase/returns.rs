//! Units that come back.

use app::port::Storefront;
use app::wire::{ApiError, CloseReason, OrderEvent, OrderState};
use server::engine::orders::close_unpaid;

use super::{Door, visitor};
use crate::support::{START_MS, TestShop};

#[tokio::test]
async fn an_unpaid_order_closes_after_the_pay_window_and_somebody_else_buys_the_unit() {
    let door = Door::new().await;
    let item = door.shop.item(1).await;
    let (first, second) = (visitor(1), visitor(2));
    let order_id = door.order_of(&first, item).await;
    assert_eq!(door.buy(&second, item).await, Err(ApiError::SoldOut));

    door.shop.clock.advance(599_999);
    assert_eq!(
        close_unpaid::run_once(&door.shop.engine.orders)
            .await
            .unwrap(),
        0
    );
    door.shop.clock.advance(1);
    assert_eq!(
        close_unpaid::run_once(&door.shop.engine.orders)
            .await
            .unwrap(),
        1
    );
    door.shop.drain().await;

    let order = door.order(&first, order_id).await.unwrap();
    assert_eq!(order.order.state, OrderState::Closed);
    assert_eq!(order.order.close_reason, Some(CloseReason::Unpaid));
    let last = order.history.last().unwrap();
    assert_eq!(
        (last.event, last.at_ms),
        (OrderEvent::ClosedUnpaid, START_MS + 600_000)
    );
    assert_eq!(door.stock(item).await.unwrap().sellable, 1);
    door.order_of(&second, item).await;
    let line = door.shop.audit().await.items[0];
    assert_eq!(
        (line.orders_live, line.orders_closed, line.sellable),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn known_failure_05_a_sold_out_mark_is_cleared_when_a_unit_comes_back() {
    let door = Door::new().await;
    let item = door.shop.item(1).await;
    let order_id = door.order_of(&visitor(1), item).await;
    let path = door.way_in(&visitor(2), item).await.unwrap().path;
    let sold_out = door.purchase(&visitor(2), path, item).await;
    assert_eq!(sold_out, Err(ApiError::SoldOut));
    assert!(
        door.shop.engine.purchase.gate.is_sold_out(item),
        "from here on the gate is not asked"
    );
    assert_eq!(door.ask(&visitor(3), item).await, Err(ApiError::SoldOut));

    door.cancel(&visitor(1), order_id).await.unwrap();
    door.shop.drain().await;
    assert!(!door.shop.engine.purchase.gate.is_sold_out(item));
    door.order_of(&visitor(3), item).await;
    door.shop.audit().await;
}

#[tokio::test]
async fn a_buyer_who_cancelled_may_buy_again() {
    let door = Door::new().await;
    let (item, buyer) = (door.shop.item(2).await, visitor(1));
    let order_id = door.order_of(&buyer, item).await;
    let cancelled = door.cancel(&buyer, order_id).await.unwrap();
    assert_eq!(cancelled.order.close_reason, Some(CloseReason::Cancelled));
    assert_eq!(
        door.cancel(&buyer, order_id).await,
        Err(ApiError::OrderState),
        "once"
    );
    door.shop.drain().await;
    let again = door.order_of(&buyer, item).await;
    assert_ne!(again, order_id);
    assert_eq!(door.orders(&buyer).await.unwrap().len(), 2);
    assert_eq!(door.shop.audit().await.items[0].sellable, 1);
}

#[tokio::test]
async fn a_unit_that_came_back_while_the_process_was_down_is_sellable_after_the_start() {
    let door = Door::new().await;
    let item = door.shop.item(1).await;
    let order_id = door.order_of(&visitor(1), item).await;
    // Killed between the ledger's commit and the gate's release.
    door.cancel(&visitor(1), order_id).await.unwrap();
    let door = door.restart().await;
    door.shop.drain().await;
    door.order_of(&visitor(2), item).await;
    door.shop.audit().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_closed_keeps_no_other_open() {
    let door = Door::of(TestShop::open_embedded().await);
    let (broken, sound) = (door.shop.item(1).await, door.shop.item(1).await);
    let stuck = door.order_of(&visitor(1), broken).await;
    let closed = door.order_of(&visitor(2), sound).await;
    let wrong = format!(
        "UPDATE items SET locked = 0, sellable = 1 WHERE id = X'{}'",
        broken.0.simple()
    );
    door.shop.change_by_hand(&wrong).await;

    door.shop.clock.advance(600_000);
    let orders = &door.shop.engine.orders;
    assert!(close_unpaid::run_once(orders).await.is_err(), "it is said");
    let state = async |who, id| door.order(&visitor(who), id).await.unwrap().order.state;
    assert_eq!(state(2, closed).await, OrderState::Closed);
    assert_eq!(state(1, stuck).await, OrderState::PendingPayment);
}
