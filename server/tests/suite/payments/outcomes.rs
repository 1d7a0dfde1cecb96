//! The table of outcomes.

use app::wire::{ApiError, CloseReason};
use server::engine::ports::{Receipt, Settled};

use super::*;

#[tokio::test]
async fn paid_in_time() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::Pay).await;
    assert!(buyer.detail().await.paying, "nobody has told the shop yet");
    assert_eq!(buyer.deliver(|_| {}).await, [true]);
    buyer.work().await;
    let detail = buyer.detail().await;
    assert_eq!(detail.order.state, OrderState::Paid);
    assert_eq!((detail.paying, detail.refund), (false, None));
    let paid = [OrderEvent::Reserved, OrderEvent::Ordered, OrderEvent::Paid];
    assert_eq!(buyer.events().await, paid);
    buyer.money_is(PRICE).await;
    assert_eq!(buyer.audited_stock().await, (2, 0, 1));
    let gate = &buyer.client.shop.engine.stock.gate;
    let gate = gate.stock(buyer.item).await.unwrap().unwrap();
    assert_eq!((gate.sellable, gate.locked, gate.sold), (2, 0, 1));
    buyer.client.shop.clock.advance(WINDOW_MS + GRACE_MS);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Paid, "it stays paid");
    let again = buyer.client.pay(&buyer.who, buyer.order).await;
    assert_eq!(again, Err(ApiError::OrderState));
    let cancelled = buyer.client.cancel(&buyer.who, buyer.order).await;
    assert_eq!(cancelled, Err(ApiError::OrderState));
}

#[tokio::test]
async fn the_same_notice_ten_times_counts_once() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PayWithRepeats).await;
    let notices = buyer.client.shop.take_sandbox_notices().await;
    assert_eq!(notices.len(), 3);
    for _ in 0..10 {
        for (signature, body) in &notices {
            assert!(buyer.client.shop.receive_notice(signature, body).await);
        }
        buyer.work().await;
    }
    // A year later.
    buyer.client.shop.clock.advance(365 * 24 * 3_600_000);
    for (signature, body) in &notices {
        assert!(buyer.client.shop.receive_notice(signature, body).await);
    }
    buyer.work().await;
    let paid = [OrderEvent::Reserved, OrderEvent::Ordered, OrderEvent::Paid];
    assert_eq!(buyer.events().await, paid);
    buyer.money_is(PRICE).await;
}

#[tokio::test]
async fn paid_without_a_notice_is_found_when_the_buyer_looks() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PaySilently).await;
    buyer.client.shop.clock.advance(3_000);
    assert_eq!(buyer.state().await, OrderState::Paid);
    buyer.work().await;
    buyer.money_is(PRICE).await;
}

#[tokio::test]
async fn paid_without_a_notice_is_found_when_nobody_looks() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PaySilently).await;
    let payments = &buyer.client.shop.engine.payments;
    buyer.client.shop.clock.advance(59_999);
    assert_eq!(check::run_once(payments).await.unwrap(), 0);
    buyer.client.shop.clock.advance(1);
    assert_eq!(check::run_once(payments).await.unwrap(), 1);
    assert_eq!(buyer.state().await, OrderState::Paid);
    buyer.work().await;
    buyer.money_is(PRICE).await;
}

#[tokio::test]
async fn paid_in_the_grace_is_paid() {
    let buyer = Buyer::new().await;
    let payment = buyer.goes_to_pay().await;
    buyer.client.shop.clock.advance(WINDOW_MS + GRACE_MS - 1);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::PendingPayment);
    let begun_too_late = buyer.client.pay(&buyer.who, buyer.order).await;
    assert_eq!(begun_too_late, Err(ApiError::OrderState));
    let sandbox = buyer.client.shop.sandbox();
    sandbox.act(payment, Action::PaySilently).await.unwrap();
    // The closing asks the provider first.
    buyer.client.shop.clock.advance(1);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Paid);
    buyer.money_is(PRICE).await;
}

#[tokio::test]
async fn money_after_the_closing_is_refunded() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PayLate).await;
    buyer.client.shop.clock.advance(WINDOW_MS + GRACE_MS);
    buyer.work().await;
    let detail = buyer.detail().await;
    assert_eq!(detail.order.state, OrderState::Closed);
    assert_eq!(detail.order.close_reason, Some(CloseReason::Unpaid));
    assert_eq!(detail.refund, None);
    assert_eq!(buyer.client.stock(buyer.item).await.unwrap().sellable, 3);

    buyer.client.shop.clock.advance(5_000);
    assert_eq!(buyer.client.shop.sandbox().pay_late().await.unwrap(), 1);
    assert_eq!(buyer.deliver(|_| {}).await, [true]);
    let payments = &buyer.client.shop.engine.payments;
    apply_notices::run_once(payments).await.unwrap();
    assert_eq!(buyer.detail().await.refund, back(PRICE, false));
    buyer.work().await;
    let detail = buyer.detail().await;
    assert_eq!(detail.order.state, OrderState::Closed);
    assert_eq!(detail.refund, back(PRICE, true));
    let last = &buyer.events().await[2..];
    let expected = [
        OrderEvent::ClosedUnpaid,
        OrderEvent::RefundDue,
        OrderEvent::Refunded,
    ];
    assert_eq!(last, expected);
    buyer.money_is(0).await;
    // An old notice does not reopen the order.
    assert_eq!(buyer.client.stock(buyer.item).await.unwrap().sellable, 3);
}

#[tokio::test]
async fn money_after_a_cancellation_is_refunded() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PayLate).await;
    let closed = buyer.client.cancel(&buyer.who, buyer.order).await.unwrap();
    assert_eq!(closed.order.close_reason, Some(CloseReason::Cancelled));
    let later = WINDOW_MS + GRACE_MS + 5_000;
    buyer.client.shop.clock.advance(later);
    buyer.client.shop.sandbox().pay_late().await.unwrap();
    buyer.deliver(|_| {}).await;
    buyer.work().await;
    assert_eq!(buyer.detail().await.refund, back(PRICE, true));
    buyer.money_is(0).await;
}

#[tokio::test]
async fn a_buyer_who_cancels_after_paying_has_a_paid_order() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PaySilently).await;
    let cancelled = buyer.client.cancel(&buyer.who, buyer.order).await;
    assert_eq!(cancelled, Err(ApiError::OrderState));
    assert_eq!(buyer.state().await, OrderState::Paid);
    buyer.work().await;
    buyer.money_is(PRICE).await;
}

#[tokio::test]
async fn a_second_payment_is_refunded() {
    let buyer = Buyer::new().await;
    buyer.pays(Action::PayTwice).await;
    assert_eq!(buyer.deliver(|notices| notices.reverse()).await, [true; 2]);
    buyer.work().await;
    let detail = buyer.detail().await;
    assert_eq!(detail.order.state, OrderState::Paid);
    assert_eq!(detail.refund, back(PRICE, true));
    buyer.money_is(PRICE).await;
}

#[tokio::test]
async fn a_wrong_sum_is_refunded_in_full_and_the_order_stays_open() {
    for (action, sum) in [
        (Action::PayTooLittle, PRICE - 1),
        (Action::PayTooMuch, PRICE + 1),
        (Action::PayInAnotherCurrency, PRICE),
    ] {
        let buyer = Buyer::new().await;
        buyer.pays(action).await;
        assert_eq!(buyer.deliver(|_| {}).await, [true], "{action:?}");
        buyer.work().await;
        let detail = buyer.detail().await;
        assert_eq!(detail.order.state, OrderState::PendingPayment, "{action:?}");
        assert_eq!((detail.refund, detail.paying), (back(sum, true), false));
        buyer.money_is(0).await;
        // The buyer may still pay the right sum.
        buyer.pays(Action::Pay).await;
        buyer.deliver(|_| {}).await;
        buyer.work().await;
        assert_eq!(buyer.state().await, OrderState::Paid, "{action:?}");
        buyer.money_is(PRICE).await;
    }
}

#[tokio::test]
async fn a_declined_buyer_may_pay_again() {
    let buyer = Buyer::new().await;
    let declined = buyer.pays(Action::Decline).await;
    buyer.deliver(|_| {}).await;
    buyer.work().await;
    assert!(!buyer.detail().await.paying);
    assert_ne!(buyer.pays(Action::Pay).await, declined);
    buyer.deliver(|_| {}).await;
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Paid);
    buyer.money_is(PRICE).await;
}

#[tokio::test]
async fn an_order_without_a_payment_closes_after_the_grace_period() {
    let buyer = Buyer::new().await;
    let first = buyer.goes_to_pay().await;
    assert_eq!(buyer.goes_to_pay().await, first, "the same payment goes on");
    buyer.client.shop.clock.advance(WINDOW_MS);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::PendingPayment);
    buyer.client.shop.clock.advance(GRACE_MS);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Closed);
    assert_eq!(buyer.client.stock(buyer.item).await.unwrap().sellable, 3);
    let sandbox = buyer.client.shop.sandbox();
    sandbox.act(first, Action::Pay).await.unwrap();
    buyer.money_is(0).await;
}

#[tokio::test]
async fn forged_notices_change_nothing() {
    let buyer = Buyer::new().await;
    for action in [Action::Forge, Action::PayAnotherShop, Action::Probe] {
        buyer.pays(action).await;
        assert_eq!(buyer.deliver(|_| {}).await, [false], "{action:?}");
    }
    buyer.pays(Action::PayUnknown).await;
    assert_eq!(
        buyer.deliver(|_| {}).await,
        [true],
        "signed, and written down"
    );
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::PendingPayment);
    buyer.money_is(0).await;
}

#[tokio::test]
async fn the_shop_refunds_a_paid_order() {
    let buyer = Buyer::new().await;
    let payments = &buyer.client.shop.engine.payments;
    let early = refund::order(payments, buyer.order, &ChangedBy::command()).await;
    assert!(!early.unwrap(), "there is nothing to give back");
    buyer.pays(Action::Pay).await;
    buyer.deliver(|_| {}).await;
    buyer.work().await;
    assert!(
        refund::order(payments, buyer.order, &ChangedBy::command())
            .await
            .unwrap()
    );
    assert_eq!(buyer.state().await, OrderState::Refunding);
    let again = refund::order(payments, buyer.order, &ChangedBy::command()).await;
    assert!(!again.unwrap(), "once");
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Refunded);
    buyer.money_is(0).await;
    let stock = buyer.audited_stock().await;
    assert_eq!(stock, (2, 0, 1), "the unit stays sold");
}

#[tokio::test]
async fn a_buyer_cannot_pay_another_buyers_order() {
    let buyer = Buyer::new().await;
    let (client, order) = (&buyer.client, buyer.order);
    assert_eq!(
        client.pay(&visitor(2), order).await,
        Err(ApiError::NotFound)
    );
    let nobody = Visitor {
        me: None,
        ..visitor(0)
    };
    assert_eq!(
        client.pay(&nobody, order).await,
        Err(ApiError::Unauthenticated)
    );
}

#[tokio::test]
async fn a_number_used_twice_by_the_provider_blocks_no_other_notice() {
    let buyer = Buyer::new().await;
    let first = buyer.pays(Action::Pay).await;
    buyer.deliver(|_| {}).await;
    buyer.work().await;
    let shop = &buyer.client.shop;
    let other = buyer.client.order_of(&visitor(2), buyer.item).await;
    let second = buyer.client.goes_to_pay(&visitor(2), other).await;
    let receipt = shop.sql.sandbox_receipt(first).await.unwrap().unwrap();
    let same_number = Receipt {
        payment_id: second,
        ..receipt
    };
    let receipts = [(same_number, PaymentId(shop.ids.next()))];
    let payments = &shop.engine.payments.payments;
    let settled = payments.settle(&receipts, shop.clock.get()).await;
    assert_eq!(settled.unwrap(), [Settled::Unknown]);
    assert_eq!(buyer.state().await, OrderState::Paid);
    let order = buyer.client.order(&visitor(2), other).await.unwrap();
    assert_eq!(order.order.state, OrderState::PendingPayment);
    buyer.money_is(PRICE).await;
}
