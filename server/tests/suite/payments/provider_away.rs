//! The provider does not answer at the start, at the closing or at the refund; or the process dies
//! between two steps.

use std::sync::{Arc, Mutex};

use app::wire::{ApiError, LocalText};
use server::{
    adapters::fault_injection::{Fault, FaultInjector, Point},
    engine::ports::{ChargeRequest, PaymentGateway},
};

use super::*;
use crate::support::{Data, ManualClock, START_MS};

/// Fails the calls that a test names.
#[derive(Default)]
struct Failing(Mutex<Vec<(&'static str, Point)>>);

impl Failing {
    fn at(&self, call: &'static str, point: Point) {
        *self.0.lock().unwrap() = vec![(call, point)];
    }

    /// The provider answers no calls about charges.
    fn away(&self) {
        let calls = ["query_charge", "close_charge"];
        *self.0.lock().unwrap() = calls.map(|call| (call, Point::Before)).into();
    }

    fn nothing(&self) {
        self.0.lock().unwrap().clear();
    }
}

impl FaultInjector for Failing {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        match self.0.lock().unwrap().contains(&(call, point)) {
            true => Fault::Busy,
            false => Fault::None,
        }
    }
}

async fn buyer_with(faults: &Arc<Failing>) -> Buyer {
    let clock = Arc::new(ManualClock::at(START_MS));
    let plan = faults.clone() as Arc<dyn FaultInjector>;
    let shop = TestShop::open(
        Data::of_the_stack(),
        clock,
        Arc::default(),
        Some(plan),
        |_| {},
    );
    Buyer::of(shop.await).await
}

#[tokio::test]
async fn a_provider_unreachable_at_the_start_leaves_the_order_payable() {
    for point in [Point::Before, Point::After] {
        let faults = Arc::new(Failing::default());
        let buyer = buyer_with(&faults).await;
        faults.at("create_charge", point);
        let refused = buyer.client.pay(&buyer.who, buyer.order).await;
        assert!(matches!(refused, Err(ApiError::Busy { .. })), "{refused:?}");
        faults.nothing();
        buyer.pays(Action::Pay).await;
        buyer.deliver(|_| {}).await;
        buyer.work().await;
        assert_eq!(buyer.state().await, OrderState::Paid);
        buyer.money_is(PRICE).await;
    }
}

#[tokio::test]
async fn an_order_waits_a_bounded_time_for_an_unreachable_provider_at_the_closing() {
    let faults = Arc::new(Failing::default());
    let buyer = buyer_with(&faults).await;
    buyer.goes_to_pay().await;
    faults.away();
    let shop = &buyer.client.shop;
    shop.clock.advance(WINDOW_MS + GRACE_MS);
    let engine = &shop.engine;
    let run = close_unpaid::run_once(&engine.orders, &engine.payments).await;
    assert!(matches!(run, Err(PortError::Busy { .. })), "{run:?}");
    assert_eq!(buyer.state().await, OrderState::PendingPayment);
    assert!(matches!(
        buyer.client.cancel(&buyer.who, buyer.order).await,
        Err(ApiError::Busy { .. })
    ));

    shop.clock.advance(299_999);
    let run = close_unpaid::run_once(&engine.orders, &engine.payments).await;
    assert!(run.is_err(), "it still waits");
    shop.clock.advance(1);
    let run = close_unpaid::run_once(&engine.orders, &engine.payments).await;
    assert_eq!(run.unwrap(), 1);
    assert_eq!(buyer.state().await, OrderState::Closed);
}

#[tokio::test]
async fn money_reported_too_late_is_refunded() {
    let faults = Arc::new(Failing::default());
    let buyer = buyer_with(&faults).await;
    buyer.pays(Action::PaySilently).await;
    let shop = &buyer.client.shop;
    faults.at("close_charge", Point::Before);
    shop.clock.advance(WINDOW_MS + GRACE_MS + 300_000);
    let engine = &shop.engine;
    let run = close_unpaid::run_once(&engine.orders, &engine.payments).await;
    assert_eq!(run.unwrap(), 1);
    faults.nothing();
    assert!(
        buyer.detail().await.paying,
        "nobody knows what became of it"
    );
    // No notice ever comes: the shop keeps asking.
    shop.clock.advance(60_000);
    assert_eq!(check::run_once(&engine.payments).await.unwrap(), 1);
    assert_eq!(buyer.detail().await.refund, back(PRICE, false));
    buyer.work().await;
    assert_eq!(buyer.detail().await.refund, back(PRICE, true));
    buyer.money_is(0).await;
}

#[tokio::test]
async fn a_charge_created_after_the_cancellation_keeps_no_money() {
    let faults = Arc::new(Failing::default());
    let buyer = buyer_with(&faults).await;
    // The provider does not know it: the call that creates the charge is under way.
    faults.at("create_charge", Point::Before);
    let refused = buyer.client.pay(&buyer.who, buyer.order).await;
    assert!(refused.is_err());
    faults.nothing();
    let cancelled = buyer.client.cancel(&buyer.who, buyer.order).await.unwrap();
    assert_eq!(cancelled.order.state, OrderState::Closed);
    // It arrives after all, and the buyer pays there.
    let engine = &buyer.client.shop.engine;
    let payments = engine
        .payments
        .payments
        .of_order(buyer.order)
        .await
        .unwrap();
    let charge = ChargeRequest {
        payment_id: payments[0].payment_id,
        order_id: buyer.order,
        amount: Amount::of(PRICE),
        title: LocalText::default(),
        expires_at_ms: payments[0].expires_at_ms,
    };
    let shop = &buyer.client.shop;
    shop.sandbox().create(&charge).await.unwrap();
    let paid = shop.sandbox().act(charge.payment_id, Action::PaySilently);
    paid.await.unwrap();
    shop.clock.advance(60_000);
    assert_eq!(check::run_once(&engine.payments).await.unwrap(), 1);
    buyer.work().await;
    assert_eq!(buyer.detail().await.refund, back(PRICE, true));
    buyer.money_is(0).await;
}

#[tokio::test]
async fn a_refund_is_repeated_until_the_provider_has_done_it() {
    let faults = Arc::new(Failing::default());
    let buyer = buyer_with(&faults).await;
    buyer.pays(Action::PayTooLittle).await;
    buyer.deliver(|_| {}).await;
    let shop = &buyer.client.shop;
    let payments = &shop.engine.payments;
    apply_notices::run_once(payments).await.unwrap();
    for (number, point) in (0..20).zip([Point::Before, Point::After].into_iter().cycle()) {
        faults.at("refund_charge", point);
        let run = refund::run_once(payments).await;
        assert!(run.is_err(), "try {number}: {run:?}");
        let at_once = refund::run_once(payments).await.unwrap();
        assert_eq!(at_once, 0, "not before its turn");
        assert_eq!(buyer.detail().await.refund, back(PRICE - 1, false));
        shop.clock.advance(600_000);
    }
    faults.nothing();
    assert_eq!(refund::run_once(payments).await.unwrap(), 1);
    assert_eq!(buyer.detail().await.refund, back(PRICE - 1, true));
    buyer.work().await;
    buyer.money_is(0).await;
}

/// Loses the answer once at every write or call of a payment.
#[tokio::test]
async fn a_lost_answer_at_any_step_loses_no_money() {
    let steps = [
        "begin",
        "create_charge",
        "created",
        "keep",
        "unapplied",
        "settle",
        "applied",
        "due_confirms",
        "confirmed",
        "due",
        "trying",
        "refund_charge",
        "done",
    ];
    for (action, holds) in [
        (Action::Pay, PRICE),
        (Action::PayTwice, PRICE),
        (Action::PayTooMuch, 0),
    ] {
        for step in steps {
            let faults = Arc::new(Failing::default());
            let buyer = buyer_with(&faults).await;
            faults.at(step, Point::After);
            let _ = buyer.client.pay(&buyer.who, buyer.order).await;
            faults.nothing();
            buyer.pays(action).await;
            let notices = buyer.client.shop.take_sandbox_notices().await;
            faults.at(step, Point::After);
            for (signature, body) in &notices {
                buyer.client.shop.receive_notice(signature, body).await;
            }
            let payments = &buyer.client.shop.engine.payments;
            let _ = apply_notices::run_once(payments).await;
            let _ = confirm::run_once(payments).await;
            let _ = refund::run_once(payments).await;
            faults.nothing();
            // The provider repeats notices without an acknowledgement.
            for (signature, body) in &notices {
                assert!(buyer.client.shop.receive_notice(signature, body).await);
            }
            buyer.client.shop.clock.advance(2_000);
            buyer.work().await;
            buyer.money_is(holds).await;
            let paid = buyer.state().await == OrderState::Paid;
            assert_eq!(paid, holds > 0, "{action:?} at {step}");
        }
    }
}
