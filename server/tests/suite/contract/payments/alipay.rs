//! Alipay's own behaviour: trades that begin on its page, answers that need its signature, refunds made in its
//! console.

use std::net::TcpListener;

use reqwest::Url;
use server::engine::ports::PortError;

use super::{stripe::written, *};
use crate::support::alipay::{Act, Failure, Fields, SHOP};

impl Provider {
    fn alipay_there(&self) -> &AlipayStandIn {
        match &self.there {
            There::Alipay(stand_in) => stand_in,
            _ => panic!("another provider"),
        }
    }

    /// The result for a notice with some fields replaced.
    fn verify_with(&self, notice: &Fields, changes: &[(&str, &str)]) -> Verified {
        let mut fields = notice.clone();
        for (name, value) in changes {
            fields.insert((*name).to_owned(), (*value).to_owned());
        }
        let signature = self.alipay_there().sign(&fields);
        self.verify(&signed(&fields, signature))
    }
}

fn signed(fields: &Fields, signature: String) -> Sent {
    Sent {
        place: Place::Field("sign"),
        signature,
        body: alipay_there::encoded(fields),
    }
}

fn is_busy(error: &PortError) -> bool {
    matches!(error, PortError::Busy { .. })
}

fn number(charge: &ChargeRequest) -> String {
    charge.payment_id.0.simple().to_string()
}

#[tokio::test]
async fn the_page_needs_no_call_and_alipay_learns_of_a_charge_from_its_buyer() {
    let provider = Provider::alipay().await;
    let charge = provider.charge(WINDOW_MS);
    provider.alipay_there().fails(Some(Failure::Silent));
    let page = provider.gateway.create(&charge).await.unwrap();
    provider.alipay_there().fails(None);
    assert_eq!(provider.alipay_there().take_calls(), []);
    let gateway = format!("{}/gateway.do?", provider.alipay_there().origin());
    assert!(page.starts_with(&gateway), "{page}");
    // The page was not opened: there is nothing to close, and it can still be opened.
    for _ in 0..2 {
        let unknown = provider.gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(unknown, Charge::Unknown);
        let unknown = provider.gateway.close(charge.payment_id).await.unwrap();
        assert_eq!(unknown, Charge::Unknown);
    }
    let back = provider.alipay_there().act(&page, Act::Scan).await.unwrap();
    assert_eq!(back, format!("{SHOP}{}", routes::order(charge.order_id)));
    let open = provider.gateway.query(charge.payment_id).await.unwrap();
    assert_eq!(open, Charge::Open);
    let closed = provider.gateway.close(charge.payment_id).await.unwrap();
    assert_eq!(closed, Charge::Closed);
}

#[tokio::test]
async fn an_expired_charge_cannot_be_paid_even_if_it_was_not_closed() {
    let provider = Provider::alipay().await;
    let (begun, left) = (provider.charge(WINDOW_MS), provider.charge(WINDOW_MS));
    let begun_at = provider.gateway.create(&begun).await.unwrap();
    let left_at = provider.gateway.create(&left).await.unwrap();
    provider.comes_to(&begun_at).await;
    provider.shop.clock.advance(WINDOW_MS - 1_000);
    let open = provider.gateway.query(begun.payment_id).await.unwrap();
    assert_eq!(open, Charge::Open);
    provider.shop.clock.advance(1_000);
    provider.pays(&begun, &begun_at).await;
    provider.pays(&left, &left_at).await;
    assert_eq!(provider.balance().await, 0);
    let closed = provider.gateway.query(begun.payment_id).await.unwrap();
    assert_eq!(closed, Charge::Closed);
    let unknown = provider.gateway.query(left.payment_id).await.unwrap();
    assert_eq!(unknown, Charge::Unknown);
}

#[tokio::test]
async fn an_altered_page_is_rejected() {
    let provider = Provider::alipay().await;
    let charge = provider.charge(WINDOW_MS);
    let page = provider.gateway.create(&charge).await.unwrap();
    let cheaper = page.replace("99.00", "0.01");
    assert_ne!(cheaper, page);
    assert_eq!(provider.alipay_there().act(&cheaper, Act::Pay).await, None);
    let mut dollars = provider.charge(WINDOW_MS);
    dollars.amount.currency = "USD".to_owned();
    let refused = provider.gateway.create(&dollars).await.unwrap_err();
    assert!(written(&refused).contains("CNY only"), "{refused:?}");
}

#[tokio::test]
async fn temporary_errors_are_busy_and_others_are_failures() {
    let provider = Provider::alipay().await;
    let (charge, receipt) = provider.paid().await;
    for (failure, busy) in [
        (Failure::Status(302), true),
        (Failure::Status(408), true),
        (Failure::Status(429), true),
        (Failure::Status(500), true),
        (Failure::Status(503), true),
        (Failure::Silent, true),
        (Failure::Refused("20000", "isp.unknow-error"), true),
        (Failure::Refused("20000", "aop.unknow-error"), true),
        (Failure::Refused("40004", "ACQ.SYSTEM_ERROR"), true),
        (Failure::Refused("40005", "isv.call-limited"), true),
        (Failure::Unsigned("20000", "isp.unknow-error"), true),
        (Failure::Status(403), false),
        (Failure::Garbage, false),
        (Failure::Huge, false),
        (
            Failure::Refused("40006", "isv.insufficient-isv-permissions"),
            false,
        ),
        (Failure::Unsigned("40002", "isv.invalid-app-id"), false),
        (Failure::WrongKey, false),
    ] {
        provider.alipay_there().fails(Some(failure));
        let gateway = &provider.gateway;
        for error in [
            gateway.query(charge.payment_id).await.unwrap_err(),
            provider.refund(&charge, &receipt).await.unwrap_err(),
        ] {
            assert_eq!(is_busy(&error), busy, "{failure:?}: {error:?}");
        }
    }
    provider.alipay_there().fails(None);
    assert_eq!(
        provider.gateway.query(charge.payment_id).await.unwrap(),
        Charge::Paid(receipt)
    );
}

#[tokio::test]
async fn an_answer_without_a_valid_signature_is_refused() {
    let provider = Provider::alipay().await;
    let charge = provider.charge(WINDOW_MS);
    let page = provider.gateway.create(&charge).await.unwrap();
    provider.comes_to(&page).await;
    for failure in [Failure::WrongKey, Failure::Changed, Failure::Replayed] {
        provider.alipay_there().fails(Some(failure));
        let refused = provider.gateway.query(charge.payment_id).await.unwrap_err();
        assert!(!is_busy(&refused), "{failure:?}: {refused:?}");
    }
    // Not even "no such trade" is accepted: the order would be closed.
    let missing = Failure::Unsigned("40004", "ACQ.TRADE_NOT_EXIST");
    provider.alipay_there().fails(Some(missing));
    let refused = provider.gateway.close(charge.payment_id).await.unwrap_err();
    let written = written(&refused);
    assert!(written.contains("SECKILL_ALIPAY_PUBLIC_KEY"), "{written}");
    assert!(written.contains("ACQ.TRADE_NOT_EXIST"), "{written}");
}

#[tokio::test]
async fn an_unreachable_gateway_is_reported_as_busy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/gateway.do", listener.local_addr().unwrap());
    drop(listener);
    let nobody = Url::parse(&nobody).unwrap();
    let elsewhere = |config: &mut Config| config.alipay.as_mut().unwrap().gateway_url = nobody;
    let provider = Provider::alipay_with(elsewhere).await;
    let charge = provider.charge(WINDOW_MS);
    let gateway = &provider.gateway;
    for error in [
        gateway.query(charge.payment_id).await.unwrap_err(),
        gateway.close(charge.payment_id).await.unwrap_err(),
    ] {
        assert!(is_busy(&error), "{error:?}");
    }
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_made_once() {
    let provider = Provider::alipay().await;
    let (charge, receipt) = provider.paid().await;
    provider.alipay_there().take_calls();
    provider.alipay_there().fails(Some(Failure::Lost));
    let lost = provider.refund(&charge, &receipt).await.unwrap_err();
    assert!(is_busy(&lost), "{lost:?}");
    provider.alipay_there().fails(None);
    let state = provider.refund(&charge, &receipt).await.unwrap();
    assert_eq!(state, RefundState::Done);
    assert_eq!(provider.balance().await, 0);
    let calls = provider.alipay_there().take_calls();
    let refunds = calls
        .iter()
        .filter(|call| call.method == "alipay.trade.refund");
    for call in refunds {
        assert_eq!(call.content["out_request_no"], number(&charge));
        assert_eq!(call.content["refund_amount"], "99.00");
    }
}

#[tokio::test]
async fn a_refund_is_done_when_alipay_says_so() {
    let provider = Provider::alipay().await;
    let (charge, receipt) = provider.paid().await;
    provider.alipay_there().refunds_wait(true);
    for _ in 0..2 {
        let state = provider.refund(&charge, &receipt).await.unwrap();
        assert_eq!(state, RefundState::Pending);
    }
    provider.alipay_there().fails(Some(Failure::Changed));
    provider.refund(&charge, &receipt).await.unwrap_err();
    provider.alipay_there().fails(Some(Failure::Replayed));
    provider.refund(&charge, &receipt).await.unwrap_err();
    provider.alipay_there().fails(None);
    provider.alipay_there().refunds_wait(false);
    let state = provider.refund(&charge, &receipt).await.unwrap();
    assert_eq!(state, RefundState::Done);
    assert_eq!(provider.balance().await, 0);
}

#[tokio::test]
async fn money_refunded_in_the_console_is_not_refunded_again() {
    let provider = Provider::alipay().await;
    // The whole sum: the buyer has it.
    let (charge, receipt) = provider.paid().await;
    let there = provider.alipay_there();
    there.sends_back_in_the_console(&number(&charge), PRICE);
    let state = provider.refund(&charge, &receipt).await.unwrap();
    assert_eq!(state, RefundState::Done);
    assert_eq!(provider.balance().await, 0);
    // A payment of which the shop learns now has no money left.
    let closed = provider.gateway.query(charge.payment_id).await.unwrap();
    assert_eq!(closed, Charge::Closed);
    // A part of the sum: an operator must send the rest.
    let (charge, receipt) = provider.paid().await;
    there.sends_back_in_the_console(&number(&charge), 900);
    let refused = provider.refund(&charge, &receipt).await.unwrap_err();
    let written = written(&refused);
    assert!(written.contains("REFUND_AMT_NOT_EQUAL_TOTAL"), "{written}");
    assert_eq!(provider.balance().await, PRICE - 900);
    let facts = provider.said().await;
    let of_this = facts
        .iter()
        .filter(|(number, _)| *number == charge.payment_id.to_string());
    let paid = NoticeFact::Paid {
        provider_number: receipt.provider_number,
        amount: receipt.amount,
    };
    let facts: Vec<_> = of_this.map(|(_, fact)| fact).collect();
    assert_eq!(
        facts,
        [&paid, &paid],
        "when it came, and when a part went back"
    );
}

#[tokio::test]
async fn a_trade_that_can_no_longer_be_refunded_is_paid() {
    let provider = Provider::alipay().await;
    let (charge, receipt) = provider.paid().await;
    provider.notices().await;
    provider.alipay_there().finishes_trades();
    let paid = provider.gateway.query(charge.payment_id).await.unwrap();
    assert_eq!(paid, Charge::Paid(receipt.clone()));
    let said = provider.said().await;
    assert!(
        matches!(&said[..], [(_, NoticeFact::Paid { .. })]),
        "{said:?}"
    );
    let refused = provider.refund(&charge, &receipt).await.unwrap_err();
    assert!(
        written(&refused).contains("TRADE_HAS_FINISHED"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_notice_needs_alipay_s_signature_this_application_and_this_seller() {
    let provider = Provider::alipay().await;
    let (charge, receipt) = provider.paid().await;
    let there = provider.alipay_there();
    let notice = there.take_notices().remove(0);
    let own = SignedNotice {
        event_id: notice["notify_id"].clone(),
        merchant_number: charge.payment_id.to_string(),
        fact: NoticeFact::Paid {
            provider_number: receipt.provider_number,
            amount: receipt.amount,
        },
    };
    for _ in 0..2 {
        let right = provider.verify_with(&notice, &[]);
        assert_eq!(right, Verified::Notice(own.clone()), "again, too");
    }
    for change in [
        ("app_id", "2021000000000002"),
        ("seller_id", "2088000000000002"),
    ] {
        let refused = provider.verify_with(&notice, &[change]);
        assert_eq!(refused, Verified::Forged, "{change:?}");
    }
    let closed = provider.verify_with(&notice, &[("trade_status", "TRADE_CLOSED")]);
    let is_closed = |notice: &SignedNotice| notice.fact == NoticeFact::Closed;
    assert!(
        matches!(&closed, Verified::Notice(notice) if is_closed(notice)),
        "{closed:?}"
    );
    let mut changed = notice.clone();
    changed.insert("total_amount".to_owned(), "0.01".to_owned());
    for (fields, signature) in [
        (&changed, there.sign(&notice)),
        (&notice, there.sign_as_another(&notice)),
    ] {
        let forged = provider.verify(&signed(fields, signature));
        assert_eq!(forged, Verified::Forged);
    }
}
