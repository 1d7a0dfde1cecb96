//! A shop with Alipay, from "buy" to the audit, with a stand-in of Alipay. Notices come over HTTP.

use std::{net::SocketAddr, sync::Arc};

use app::{routes, wire::ApiError};
use reqwest::StatusCode;
use test_servers::http;
use tokio::{net::TcpListener, task::JoinHandle};

use super::*;
use crate::support::{
    Data, ManualClock, START_MS,
    alipay::{Act, AlipayStandIn, Failure, Fields, SHOP, encoded},
};

struct AlipayBuyer {
    buyer: Buyer,
    stand_in: AlipayStandIn,
    notice_url: String,
    server: JoinHandle<()>,
}

impl Drop for AlipayBuyer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl AlipayBuyer {
    async fn new() -> AlipayBuyer {
        let clock = Arc::new(ManualClock::at(START_MS));
        let stand_in = AlipayStandIn::start(clock.clone()).await;
        let data = Data::of_the_stack();
        let configure = |config: &mut _| stand_in.configure(config);
        let shop = TestShop::open(data, clock, Arc::default(), None, configure).await;
        let site = crate::pages::site(&shop);
        let site = site.into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, site).await.unwrap() });
        AlipayBuyer {
            buyer: Buyer::of(shop).await,
            stand_in,
            notice_url: format!("http://{address}/api/payments/notice/alipay"),
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

    /// The shop's answer to a notice with this signature.
    async fn receives(&self, fields: &Fields, signature: &str) -> (StatusCode, String) {
        let mut fields = fields.clone();
        fields.insert("sign".to_owned(), signature.to_owned());
        fields.insert("sign_type".to_owned(), "RSA2".to_owned());
        let client = http::client().build().unwrap();
        let sent = client
            .post(&self.notice_url)
            .header(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8",
            )
            .body(encoded(&fields));
        let answer = sent.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Delivers every notice, twice and in reverse order.
    async fn deliver(&self) {
        let mut notices = self.stand_in.take_notices();
        assert!(!notices.is_empty());
        for _ in 0..2 {
            notices.reverse();
            for notice in &notices {
                let answer = self.receives(notice, &self.stand_in.sign(notice)).await;
                let thanks = (StatusCode::OK, "success".to_owned());
                assert_eq!(answer, thanks, "{notice:?}");
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
async fn a_purchase_is_paid_with_alipay_and_refunded() {
    let alipay = AlipayBuyer::new().await;
    let buyer = &alipay.buyer;
    let page = alipay.goes_to_pay().await;
    assert!(page.starts_with(alipay.stand_in.origin()), "{page}");
    assert_eq!(alipay.goes_to_pay().await, page);
    let back = alipay.stand_in.act(&page, Act::Pay).await.unwrap();
    assert_eq!(back, format!("{SHOP}{}", routes::order(buyer.order)));
    alipay.deliver().await;
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Paid);
    alipay.money_is(PRICE).await;
    assert_eq!(buyer.audited_stock().await, (2, 0, 1));

    let payments = &buyer.client.shop.engine.payments;
    let by = ChangedBy::command();
    let begun = refund::order(payments, buyer.order, &by).await.unwrap();
    assert!(begun);
    buyer.work().await;
    // The trade is closed, but that does not close the order.
    alipay.deliver().await;
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Refunded);
    alipay.money_is(0).await;
}

#[tokio::test]
async fn an_order_closes_at_its_deadline_if_alipay_s_page_was_never_opened() {
    let alipay = AlipayBuyer::new().await;
    let buyer = &alipay.buyer;
    let page = alipay.goes_to_pay().await;
    buyer.client.shop.clock.advance(WINDOW_MS + GRACE_MS);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Closed);
    assert_eq!(alipay.stand_in.act(&page, Act::Pay).await, None, "too late");
    assert_eq!(buyer.client.stock(buyer.item).await.unwrap().sellable, 3);
    // An hour later it is no longer queried.
    let payments = &buyer.client.shop.engine.payments;
    buyer.client.shop.clock.advance(3_600_000);
    check::run_once(payments).await.unwrap();
    alipay.stand_in.take_calls();
    buyer.client.shop.clock.advance(3_600_000);
    check::run_once(payments).await.unwrap();
    assert_eq!(alipay.stand_in.take_calls(), []);
    alipay.money_is(0).await;
}

#[tokio::test]
async fn a_buyer_who_pays_after_cancelling_is_refunded() {
    let alipay = AlipayBuyer::new().await;
    let buyer = &alipay.buyer;
    let page = alipay.goes_to_pay().await;
    // Alipay does not know the trade yet, and its page stays open in another tab.
    buyer.client.cancel(&buyer.who, buyer.order).await.unwrap();
    alipay.stand_in.act(&page, Act::Pay).await.unwrap();
    alipay.deliver().await;
    buyer.work().await;
    assert_eq!(buyer.detail().await.refund, back(PRICE, true));
    alipay.money_is(0).await;
}

#[tokio::test]
async fn money_reported_by_alipay_after_the_closing_is_refunded() {
    let alipay = AlipayBuyer::new().await;
    let buyer = &alipay.buyer;
    let page = alipay.goes_to_pay().await;
    alipay.stand_in.act(&page, Act::Pay).await.unwrap();
    alipay.stand_in.fails(Some(Failure::Status(503)));
    let shop = &buyer.client.shop;
    let cancelled = buyer.client.cancel(&buyer.who, buyer.order).await;
    assert!(
        matches!(cancelled, Err(ApiError::Busy { .. })),
        "{cancelled:?}"
    );
    shop.clock.advance(WINDOW_MS + GRACE_MS + 300_000);
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Closed);
    alipay.money_is(PRICE).await;
    // The notice arrives late; then the refund's answer is lost.
    alipay.deliver().await;
    let payments = &shop.engine.payments;
    apply_notices::run_once(payments).await.unwrap();
    assert_eq!(buyer.detail().await.refund, back(PRICE, false));
    refund::run_once(payments).await.unwrap_err();
    alipay.stand_in.fails(Some(Failure::Lost));
    shop.clock.advance(600_000);
    refund::run_once(payments).await.unwrap_err();
    alipay.stand_in.fails(None);
    shop.clock.advance(600_000);
    buyer.work().await;
    let detail = buyer.detail().await;
    assert_eq!(detail.order.state, OrderState::Closed);
    assert_eq!(detail.refund, back(PRICE, true));
    alipay.money_is(0).await;
}

#[tokio::test]
async fn money_without_a_notice_is_found_by_querying_alipay() {
    let alipay = AlipayBuyer::new().await;
    let page = alipay.goes_to_pay().await;
    alipay.stand_in.act(&page, Act::Pay).await.unwrap();
    let buyer = &alipay.buyer;
    buyer.client.shop.clock.advance(3_000);
    assert_eq!(buyer.state().await, OrderState::Paid);
    // It arrives later.
    alipay.deliver().await;
    buyer.work().await;
    alipay.money_is(PRICE).await;
}

#[tokio::test]
async fn later_changes_of_a_paid_trade_do_not_change_the_order() {
    let alipay = AlipayBuyer::new().await;
    let page = alipay.goes_to_pay().await;
    alipay.stand_in.act(&page, Act::Pay).await.unwrap();
    let buyer = &alipay.buyer;
    let number = alipay.stand_in.take_notices()[0]["out_trade_no"].clone();
    buyer.client.shop.clock.advance(3_000);
    assert_eq!(buyer.state().await, OrderState::Paid);
    // A part is refunded in the console, then no refund is possible any more.
    alipay.stand_in.sends_back_in_the_console(&number, 900);
    alipay.stand_in.finishes_trades();
    alipay.deliver().await;
    buyer.work().await;
    assert_eq!(buyer.state().await, OrderState::Paid);
    alipay.money_is(PRICE - 900).await;
}

#[tokio::test]
async fn the_notice_address_accepts_only_notices_signed_by_alipay_for_the_shop() {
    let alipay = AlipayBuyer::new().await;
    let page = alipay.goes_to_pay().await;
    alipay.stand_in.act(&page, Act::Pay).await.unwrap();
    let right = alipay.stand_in.take_notices().remove(0);
    let with = |name: &str, value: &str| {
        let mut fields = right.clone();
        fields.insert(name.to_owned(), value.to_owned());
        fields
    };
    let sign = |fields: &Fields| alipay.stand_in.sign(fields);
    let (other_app, other_seller) = (
        with("app_id", "2021000000000002"),
        with("seller_id", "2088000000000002"),
    );
    let huge = with("body", &"x".repeat(64 * 1024));
    for (fields, signature, status) in [
        (&right, String::new(), StatusCode::FORBIDDEN),
        (
            &right,
            alipay.stand_in.sign_as_another(&right),
            StatusCode::FORBIDDEN,
        ),
        (
            &with("total_amount", "0.01"),
            sign(&right),
            StatusCode::FORBIDDEN,
        ),
        (&other_app, sign(&other_app), StatusCode::FORBIDDEN),
        (&other_seller, sign(&other_seller), StatusCode::FORBIDDEN),
        (&huge, sign(&huge), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (answered, body) = alipay.receives(fields, &signature).await;
        assert_eq!(answered, status, "{fields:?}");
        assert_ne!(body, "success");
    }
    let buyer = &alipay.buyer;
    buyer.work().await;
    let unpaid = buyer.events().await;
    assert!(!unpaid.contains(&OrderEvent::Paid), "{unpaid:?}");
    // A wrong sum with a valid signature: all of it is refunded, and the order can still be paid.
    let less = with("total_amount", "98.99");
    let (answered, body) = alipay.receives(&less, &sign(&less)).await;
    assert_eq!((answered, body.as_str()), (StatusCode::OK, "success"));
    let payments = &buyer.client.shop.engine.payments;
    apply_notices::run_once(payments).await.unwrap();
    assert_eq!(buyer.detail().await.refund, back(9_899, false));
}
