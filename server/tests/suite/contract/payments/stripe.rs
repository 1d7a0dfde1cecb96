//! Stripe's own behaviour: API failures, times, slow banks, pending refunds.

use std::{error::Error, net::TcpListener};

use server::engine::ports::PortError;

use super::*;
use crate::support::stripe::{Failure, KEY, OLDER_SECRET, SECRET};

/// An error with its causes, as logged.
pub(super) fn written(error: &PortError) -> String {
    let cause = error.source().map(ToString::to_string);
    format!("{error}: {}", cause.unwrap_or_default())
}

impl Provider {
    fn stand_in(&self) -> &StripeStandIn {
        match &self.there {
            There::Stripe(stand_in) => stand_in,
            _ => panic!("another provider"),
        }
    }

    /// The contents of its notices, with our numbers.
    pub(super) async fn said(&self) -> Vec<(String, NoticeFact)> {
        let sent = self.notices().await;
        let verified = sent.iter().map(|sent| match self.verify(sent) {
            Verified::Notice(notice) => (notice.merchant_number, notice.fact),
            other => panic!("{}: {other:?}", sent.body),
        });
        verified.collect()
    }

    pub(super) async fn refund(
        &self,
        charge: &ChargeRequest,
        receipt: &Receipt,
    ) -> Result<RefundState, PortError> {
        let refund = RefundRequest {
            payment_id: charge.payment_id,
            provider_number: receipt.provider_number.clone(),
            amount: receipt.amount.clone(),
        };
        self.gateway.refund(&refund).await
    }
}

#[tokio::test]
async fn temporary_errors_of_stripe_are_busy_and_others_are_failures() {
    let provider = Provider::stripe().await;
    let charge = provider.charge(WINDOW_MS);
    let busy = |error: &PortError| matches!(error, PortError::Busy { .. });
    for (failure, is_busy) in [
        (Failure::Status(408), true),
        (Failure::Status(409), true),
        (Failure::Status(424), true),
        (Failure::Status(429), true),
        (Failure::Status(500), true),
        (Failure::Status(503), true),
        (Failure::Silent, true),
        (Failure::Status(302), true),
        (Failure::Status(400), false),
        (Failure::Status(401), false),
        (Failure::Status(402), false),
        (Failure::Status(403), false),
        (Failure::Talkative, false),
        (Failure::Garbage, false),
        (Failure::Huge, false),
    ] {
        provider.stand_in().fails(Some(failure));
        let error = provider.gateway.create(&charge).await.unwrap_err();
        assert_eq!(busy(&error), is_busy, "{failure:?}: {error:?}");
        let written = format!("{} {error:?}", written(&error));
        assert!(!written.contains(KEY), "{written}");
    }
    provider.stand_in().fails(None);
    provider.gateway.create(&charge).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_provider_is_reported_as_busy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let provider = Provider::stripe_with(|stripe| stripe.api_url = nobody).await;
    let charge = provider.charge(WINDOW_MS);
    let (gateway, payment) = (&provider.gateway, charge.payment_id);
    let kept = provider.shop.sql.keep_stripe_session(payment, "cs_test_1");
    kept.await.unwrap();
    for error in [
        gateway.create(&charge).await.unwrap_err(),
        gateway.query(payment).await.unwrap_err(),
        gateway.close(payment).await.unwrap_err(),
    ] {
        assert!(matches!(error, PortError::Busy { .. }), "{error:?}");
    }
}

/// Stripe repeats one of its own failures for a day for the same key.
#[tokio::test]
async fn a_failure_stored_by_stripe_blocks_neither_a_charge_nor_a_refund() {
    let provider = Provider::stripe().await;
    let charge = provider.charge(WINDOW_MS);
    provider.stand_in().fails(Some(Failure::Lost));
    for _ in 0..5 {
        provider.gateway.create(&charge).await.unwrap_err();
        provider.shop.clock.advance(60_000);
    }
    provider.stand_in().fails(None);
    let page = provider.gateway.create(&charge).await.unwrap();
    assert_eq!(provider.gateway.create(&charge).await.unwrap(), page);
    provider.pays(&charge, &page).await;
    let Charge::Paid(receipt) = provider.gateway.query(charge.payment_id).await.unwrap() else {
        panic!("it was paid");
    };
    provider.stand_in().fails(Some(Failure::Lost));
    provider.refund(&charge, &receipt).await.unwrap_err();
    provider.stand_in().fails(None);
    let state = provider.refund(&charge, &receipt).await.unwrap();
    assert_eq!(state, RefundState::Done);
    assert_eq!(provider.balance().await, 0);
}

#[tokio::test]
async fn every_call_that_changes_something_has_a_key_and_a_repeat_has_the_same() {
    let provider = Provider::stripe().await;
    let (charge, receipt) = provider.paid().await;
    provider.gateway.create(&charge).await.unwrap();
    provider.refund(&charge, &receipt).await.unwrap();
    provider.gateway.close(charge.payment_id).await.unwrap();
    let calls = provider.stand_in().take_calls();
    let keys_of = |what: &str| -> Vec<_> {
        let found = calls.iter().filter(|call| call.what == what);
        found.map(|call| call.key.clone().unwrap()).collect()
    };
    let made = keys_of("POST /v1/checkout/sessions");
    assert_eq!(made.len(), 2);
    assert_eq!(made[0], made[1]);
    let refunded = keys_of("POST /v1/refunds");
    assert_eq!(refunded, [format!("{}-refund", charge.payment_id)]);
    let closed = keys_of("POST /v1/checkout/sessions/cs_test_1/expire");
    assert_eq!(closed.len(), 1);
}

#[tokio::test]
async fn a_session_of_an_hour_expires_by_itself_with_its_charge() {
    let provider = Provider::stripe().await;
    let charge = provider.charge(HOUR_MS);
    provider.gateway.create(&charge).await.unwrap();
    provider.shop.clock.advance(HOUR_MS - 1_000);
    let open = provider.gateway.query(charge.payment_id).await.unwrap();
    assert_eq!(open, Charge::Open);
    provider.shop.clock.advance(1_000);
    let closed = provider.gateway.query(charge.payment_id).await.unwrap();
    assert_eq!(closed, Charge::Closed);
    let number = charge.payment_id.to_string();
    assert_eq!(provider.said().await, [(number, NoticeFact::Closed)]);
}

#[tokio::test]
async fn a_session_of_ten_minutes_lives_half_an_hour_longer_unless_the_shop_closes_it() {
    let provider = Provider::stripe().await;
    let (left, ended) = (provider.charge(WINDOW_MS), provider.charge(WINDOW_MS));
    for charge in [&left, &ended] {
        provider.gateway.create(charge).await.unwrap();
    }
    provider.shop.clock.advance(WINDOW_MS);
    for charge in [&left, &ended] {
        let open = provider.gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(open, Charge::Open);
    }
    let closed = provider.gateway.close(ended.payment_id).await.unwrap();
    assert_eq!(closed, Charge::Closed);
    provider.shop.clock.advance(31 * 60_000);
    let expired = provider.gateway.query(left.payment_id).await.unwrap();
    assert_eq!(expired, Charge::Closed);
}

#[tokio::test]
async fn a_payment_by_a_slow_bank_is_open_until_the_bank_decides() {
    for (yes, facts) in [(true, 1), (false, 0)] {
        let provider = Provider::stripe().await;
        let charge = provider.charge(WINDOW_MS);
        let page = provider.gateway.create(&charge).await.unwrap();
        provider.stand_in().act(&page, Act::PaySlowly).await;
        let number = charge.payment_id.to_string();
        let nothing = [(number.clone(), NoticeFact::Other)];
        assert_eq!(provider.said().await, nothing);
        let open = provider.gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(open, Charge::Open);
        let open = provider.gateway.close(charge.payment_id).await.unwrap();
        assert_eq!(open, Charge::Open, "the bank cannot be stopped");
        provider.stand_in().bank_says(yes);
        let said = provider.said().await;
        let paid = |(_, fact): &&(String, NoticeFact)| matches!(fact, NoticeFact::Paid { .. });
        assert_eq!(said.iter().filter(paid).count(), facts, "{said:?}");
        let charge = provider.gateway.close(charge.payment_id).await.unwrap();
        match yes {
            true => assert!(matches!(charge, Charge::Paid(_)), "{charge:?}"),
            false => {
                assert_eq!(said, [(number, NoticeFact::Closed)]);
                assert_eq!(charge, Charge::Closed);
            }
        }
    }
}

#[tokio::test]
async fn a_refund_is_done_when_stripe_says_so() {
    let provider = Provider::stripe().await;
    let (charge, receipt) = provider.paid().await;
    provider.notices().await;
    provider.stand_in().refunds_are("pending");
    for _ in 0..2 {
        let state = provider.refund(&charge, &receipt).await.unwrap();
        assert_eq!(state, RefundState::Pending);
    }
    provider.stand_in().refunds_are("succeeded");
    let state = provider.refund(&charge, &receipt).await.unwrap();
    assert_eq!(state, RefundState::Done);
    let said = provider.said().await;
    let nothing = said.iter().all(|(_, fact)| *fact == NoticeFact::Other);
    assert!(nothing, "{said:?}");
    // The buyer's bank returns it.
    provider.stand_in().refunds_are("failed");
    let number = charge.payment_id.to_string();
    let failed = [(number, NoticeFact::RefundFailed)];
    assert_eq!(provider.said().await, failed);
    let failed = provider.refund(&charge, &receipt).await.unwrap_err();
    let written = written(&failed);
    assert!(written.contains("another way"), "{written}");
    assert_eq!(
        provider.balance().await,
        PRICE,
        "nothing is sent a second time"
    );
}

#[tokio::test]
async fn a_notice_is_accepted_with_either_secret_near_its_time() {
    let provider = Provider::stripe().await;
    provider.paid().await;
    let mut sent = provider.notices().await.remove(0);
    for (secret, later_s, believed) in [
        (SECRET, 0, true),
        (OLDER_SECRET, 0, true),
        (KEY, 0, false),
        (SECRET, -300, true),
        (SECRET, -301, false),
        (SECRET, 300, true),
        (SECRET, 301, false),
    ] {
        sent.signature = provider.stand_in().signature(secret, later_s, &sent.body);
        let is_believed = provider.verify(&sent) != Verified::Forged;
        assert_eq!(is_believed, believed, "{later_s}");
    }
}

/// Browsers would refuse to go there.
#[tokio::test]
async fn buyers_are_sent_only_to_origins_of_the_pages_policy() {
    let stripe_s = "https://checkout.stripe.com".to_owned();
    let provider = Provider::stripe_with(|stripe| stripe.page_url = stripe_s).await;
    let charge = provider.charge(WINDOW_MS);
    let refused = provider.gateway.create(&charge).await.unwrap_err();
    let written = written(&refused);
    assert!(written.contains("SECKILL_STRIPE_PAGE_URL"), "{written}");
}
