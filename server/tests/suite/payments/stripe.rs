//! A shop with Stripe, from "buy" to the audit, with a stand-in of Stripe. Notices come over HTTP.

use std::{net::SocketAddr, sync::Arc};

use app::{routes, wire::ApiError};
use reqwest::StatusCode;
use test_servers::http;
use tokio::{net::TcpListener, task::JoinHandle};

use super::*;
use crate::support::{
    Data, ManualClock, START_MS,
    stripe::{Act, Failure, SECRET, SHOP, StripeStandIn},
};

struct StripeBuyer {
    buyer: Buyer,
    stand_in: StripeStandIn,
    notice_url: String,
    server: JoinHandle<()>,
}

impl Drop for StripeBuyer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl StripeBuyer {
    async fn new() -> StripeBuyer {
        let clock = Arc::new(ManualClock::at(START_MS));
        let stand_in = StripeStandIn::start(clock.clone()).await;
        let data = Data::of_the_stack();
        let configure = |config: &mut _| stand_in.configure(config);
        let shop = TestShop::open(data, clock, Arc::default(), None, configure).await;
        let site = crate::pages::site(&shop);
        let site = site.into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, site).await.unwrap() });
        StripeBuyer {
            buyer: Buyer::of(shop).await,
            stand_in,
            notice_url: format!("http://{address}/api/payments/notice/stripe"),
            server,
        }
    }

    /// Opens the provider's page.
    async fn goes_to_pay(&self) -> String {
        let Buyer {
            client, who, order, ..
        } = &self.buyer;
        client.pay(who, *order).await.unwrap().url
    }

    /// The shop's answer to a notice.
    async fn receives(&self, signature: &str, body: &str) -> StatusCode {
        let client = http::client().build().unwrap();
        let sent = client
            .post(&self.notice_url)
            .header("stripe-signature", signature)
            .header("content-type", "application/json; charset=utf-8")
            .body(body.to_owned());
        sent.send().await.unwrap().status()
    }

    /// Delivers every notice, twice and in reverse order.
    async fn deliver(&self) {
        let mut notices = self.stand_in.take_notices();
        assert!(!notices.is_empty());
        for _ in 0..2 {
            notices.reverse();
            for (signature, body) in &notices {
                let status = self.receives(signature, body).await;
                assert_eq!(status, StatusCode::OK, "{body}");
            }
        }
    }

    /// The money is where the order says.
    async fn money_is(&self, at_the_provider: i64) {
        assert_eq!(self.stand_in.balance(), at_the_provider);
        self.buyer.client.shop.audit().await;
    }
}

#[tokio::test]
async fn a_purchase_is_paid_with_stripe_and_refunded() {
    let stripe = StripeBuyer::new().await;
    let buyer = &stripe.buyer;
    let page = stripe.goes_to_pay().await;
    assert!(page.starts_with(stripe.stand_in.origin()), "{page}");
    assert_eq!(stripe.goes_to_pay().await, page);
    let back = stripe.stand_in.act(&page, Act::Pay).await.unwrap();
    assert_eq!(back, format!("{SHOP}{}", routes::order(buyer.order)));
    stripe.deliver().await;
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Paid);
    stripe.money_is(PRICE).await;
    assert_eq!(buyer.audited_stock().await, (2, 0, 1));

    let payments = &buyer.client.shop.engine.payments;
    assert!(
        refund::order(payments, buyer.order, &ChangedBy::command())
            .await
            .unwrap()
    );
    buyer.work().await;
    stripe.deliver().await;
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Refunded);
    stripe.money_is(0).await;
}

#[tokio::test]
async fn an_unpaid_order_is_closed_at_its_deadline_although_stripe_s_session_would_live_longer() {
    let stripe = StripeBuyer::new().await;
    let buyer = &stripe.buyer;
    let page = stripe.goes_to_pay().await;
    buyer.client.shop.clock.advance(WINDOW_MS + GRACE_MS);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Closed);
    assert_eq!(stripe.stand_in.act(&page, Act::Pay).await, None, "too late");
    stripe.deliver().await;
    buyer.work().await;
    stripe.money_is(0).await;
    assert_eq!(buyer.client.stock(buyer.item).await.unwrap().sellable, 3);
}

#[tokio::test]
async fn money_reported_by_stripe_after_the_closing_is_refunded() {
    let stripe = StripeBuyer::new().await;
    let buyer = &stripe.buyer;
    let page = stripe.goes_to_pay().await;
    stripe.stand_in.act(&page, Act::Pay).await.unwrap();
    stripe.stand_in.fails(Some(Failure::Status(503)));
    let shop = &buyer.client.shop;
    let cancelled = buyer.client.cancel(&buyer.who, buyer.order).await;
    assert!(
        matches!(cancelled, Err(ApiError::Busy { .. })),
        "{cancelled:?}"
    );
    shop.clock.advance(WINDOW_MS + GRACE_MS + 300_000);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Closed);
    stripe.money_is(PRICE).await;
    // The notice arrives late; then the refund's answer is lost.
    stripe.deliver().await;
    let payments = &shop.engine.payments;
    apply_notices::run_once(payments).await.unwrap();
    assert_eq!(buyer.detail().await.refund, back(PRICE, false));
    refund::run_once(payments).await.unwrap_err();
    stripe.stand_in.fails(Some(Failure::Lost));
    shop.clock.advance(600_000);
    refund::run_once(payments).await.unwrap_err();
    stripe.stand_in.fails(None);
    shop.clock.advance(600_000);
    buyer.work().await;
    let detail = buyer.detail().await;
    assert_eq!(detail.order.state, OrderState::Closed);
    assert_eq!(detail.refund, back(PRICE, true));
    stripe.money_is(0).await;
}

#[tokio::test]
async fn money_without_a_notice_is_found_by_querying_stripe() {
    let stripe = StripeBuyer::new().await;
    let page = stripe.goes_to_pay().await;
    stripe.stand_in.act(&page, Act::Pay).await.unwrap();
    let buyer = &stripe.buyer;
    buyer.client.shop.clock.advance(3_000);
    assert_eq!(buyer.state().await, OrderState::Paid);
    // It arrives later.
    stripe.deliver().await;
    buyer.work().await;
    stripe.money_is(PRICE).await;
}

#[tokio::test]
async fn a_refund_that_fails_later_changes_nothing_and_raises_an_alarm() {
    let stripe = StripeBuyer::new().await;
    let buyer = &stripe.buyer;
    let page = stripe.goes_to_pay().await;
    stripe.stand_in.act(&page, Act::Pay).await.unwrap();
    stripe.deliver().await;
    buyer.work().await;
    let payments = &buyer.client.shop.engine.payments;
    refund::order(payments, buyer.order, &ChangedBy::command())
        .await
        .unwrap();
    buyer.work().await;
    stripe.stand_in.refunds_are("failed");
    stripe.deliver().await;
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Refunded);
    buyer.client.shop.audit().await;
}

#[tokio::test]
async fn the_notice_address_accepts_only_notices_signed_by_stripe() {
    let stripe = StripeBuyer::new().await;
    let right = r#"{"id":"evt_9","type":"of.tomorrow","livemode":false,"data":{"object":{}}}"#;
    let sign = |later_s: i64, body: &str| stripe.stand_in.signature(SECRET, later_s, body);
    let huge = format!("{right}{}", " ".repeat(64 * 1024));
    let live = right.replace("false", "true");
    for (signature, body, status) in [
        (sign(0, right), right, StatusCode::OK),
        // A repeat is accepted any number of times.
        (sign(1, right), right, StatusCode::OK),
        (String::new(), right, StatusCode::FORBIDDEN),
        (sign(-301, right), right, StatusCode::FORBIDDEN),
        (sign(301, right), right, StatusCode::FORBIDDEN),
        (sign(0, "{}"), right, StatusCode::FORBIDDEN),
        (sign(0, &live), live.as_str(), StatusCode::FORBIDDEN),
        (sign(0, &huge), huge.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        assert_eq!(
            stripe.receives(&signature, body).await,
            status,
            "{signature}"
        );
    }
    let sandbox = stripe.notice_url.replace("stripe", "sandbox");
    let page = stripe
        .notice_url
        .replace("api/payments/notice/stripe", "sandbox/1");
    let client = http::client().build().unwrap();
    for elsewhere in [client.post(sandbox), client.get(page)] {
        let status = elsewhere.send().await.unwrap().status();
        assert_eq!(
            status,
            StatusCode::NOT_FOUND,
            "nothing is paid with nothing"
        );
    }
    stripe.buyer.client.shop.audit().await;
}
