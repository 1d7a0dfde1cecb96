//! Concurrent events of a payment.

use futures::future::join_all;

use super::*;

/// A notice, the deadline, a cancellation and a view of the page, at once and in any order: the
/// order ends once, and the money is where the order says.
#[tokio::test]
async fn notice_deadline_and_cancellation_at_one_instant_end_the_order_once() {
    const ROUNDS: u32 = 20;
    let client = TestClient::new().await;
    let item = client.shop.item(ROUNDS).await;
    let mut orders = Vec::new();
    for number in 1..=ROUNDS {
        let who = visitor(number);
        let order = client.order_of(&who, item).await;
        client.pays(&who, order, Action::Pay).await;
        orders.push((who, order));
    }
    let notices = client.shop.take_sandbox_notices().await;
    client.shop.clock.advance(WINDOW_MS + GRACE_MS);
    let engine = &client.shop.engine;
    let (_, _, closed, applied, _) = futures::join!(
        join_all(
            notices
                .iter()
                .map(|(signature, body)| client.shop.receive_notice(signature, body))
        ),
        join_all(orders.iter().map(|(who, order)| client.cancel(who, *order))),
        close_unpaid::run_once(&engine.orders, &engine.payments),
        apply_notices::run_once(&engine.payments),
        join_all(orders.iter().map(|(who, order)| client.order(who, *order))),
    );
    drop((closed, applied));
    client.shop.clock.advance(1_000);
    client.shop.settle_payments().await;
    let mut paid = 0;
    for (who, order) in &orders {
        let detail = client.order(who, *order).await.unwrap();
        assert_eq!(detail.order.state, OrderState::Paid, "money came in time");
        paid += PRICE;
    }
    let balance = client.shop.sql.sandbox_balance().await.unwrap();
    assert_eq!(balance, [Amount::of(paid)]);
    let audited_item = client.shop.audit().await.items[0];
    assert_eq!(
        (audited_item.sold, audited_item.locked),
        (i64::from(ROUNDS), 0)
    );
}

/// Two instances get and apply the same notice.
#[tokio::test]
async fn the_same_notice_at_two_instances_counts_once() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PayWithRepeats).await;
    let notices = buyer.client.shop.take_sandbox_notices().await;
    let shop = &buyer.client.shop;
    let everywhere = notices.iter().chain(&notices).chain(&notices);
    let taken = join_all(everywhere.map(|(signature, body)| shop.receive_notice(signature, body)));
    assert!(taken.await.into_iter().all(|taken| taken));
    let payments = &shop.engine.payments;
    let runs = join_all((0..4).map(|_| apply_notices::run_once(payments))).await;
    assert!(runs.iter().any(Result::is_ok), "{runs:?}");
    buyer.work().await;
    let paid = [OrderEvent::Reserved, OrderEvent::Ordered, OrderEvent::Paid];
    assert_eq!(buyer.events().await, paid);
    buyer.money_is(PRICE).await;
}
