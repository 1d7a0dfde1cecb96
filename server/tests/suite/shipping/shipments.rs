//! Paid, shipped, received: who may do each step, in which order, and the effect on money.

use app::{
    port::{AfterPurchase as _, Storefront as _},
    wire::{ApiError, OrderEvent, OrderHistory, OrderState, Role, Shipment},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use futures::future::join_all;
use serde_json::json;
use server::{
    engine::{
        ports::{ChangedBy, Refunds as _, ShipOutcome, Shipments as _, ShippingAddresses as _},
        shipping::erase_addresses,
    },
    sandbox::Action,
};
use tower::ServiceExt;

use super::{Customer, parsed, right};
use crate::{
    back_office::{call, pages::send_form, signed_in as staff},
    pages::{get, html, signed_in},
    support::START_MS,
};

const CALL: &str = "/api/admin/orders/ship";

fn shipment() -> Shipment {
    Shipment::parse("顺丰速运", "SF1023456789").unwrap()
}

impl Customer {
    /// A customer who has paid and entered an address.
    async fn waits() -> Customer {
        let customer = Customer::new().await;
        customer.pays().await;
        let (who, order) = (&customer.who, customer.order);
        let saved = customer.client.save_shipping_address(who, order, right());
        saved.await.unwrap();
        customer
    }

    async fn state(&self) -> OrderState {
        let detail = self.client.order(&self.who, self.order).await;
        detail.unwrap().order.state
    }

    async fn events(&self) -> Vec<OrderEvent> {
        let detail = self.client.order(&self.who, self.order).await.unwrap();
        let events = detail.history.iter().map(|moment| moment.event);
        events.skip(2).collect()
    }
}

#[tokio::test]
async fn an_order_moves_from_paid_to_shipped_to_received_and_in_no_other_order() {
    let customer = Customer::new().await;
    let (sql, order) = (&customer.client.shop.sql, customer.order);
    let by = ChangedBy::command();
    let ship = async || sql.ship(order, &shipment(), &by, START_MS).await.unwrap();
    let receive = async || sql.receive(order, START_MS).await.unwrap();
    assert_eq!(ship().await, ShipOutcome::OtherState, "not paid");
    assert!(!receive().await);
    customer.pays().await;
    assert_eq!(ship().await, ShipOutcome::NoAddress);
    assert_eq!(customer.state().await, OrderState::Paid);
    let buyer = customer.who.me.as_ref().unwrap().account_id;
    let saved = sql.save_address(order, buyer, &parsed(), START_MS).await;
    saved.unwrap();
    assert!(!receive().await, "not shipped");
    assert_eq!(ship().await, ShipOutcome::Shipped);
    let detail = customer.client.order(&customer.who, order).await.unwrap();
    assert_eq!(detail.order.state, OrderState::Shipped);
    assert_eq!(detail.shipment, Some(shipment()));
    assert_eq!(ship().await, ShipOutcome::OtherState, "once");
    let late = customer
        .client
        .save_shipping_address(&customer.who, order, right());
    assert_eq!(late.await, Err(ApiError::OrderState), "it is on its way");
    customer.client.shop.audit().await;
    assert!(receive().await);
    assert!(!receive().await, "once");
    assert_eq!(customer.state().await, OrderState::Received);
    let told = [OrderEvent::Paid, OrderEvent::Shipped, OrderEvent::Received];
    assert_eq!(customer.events().await, told);
    let audited_item = customer.client.shop.audit().await.items[0];
    assert_eq!((audited_item.sold, audited_item.orders_paid), (1, 1));
}

#[tokio::test]
async fn concurrent_shipping_confirming_and_refunding_happen_one_at_a_time() {
    let customer = Customer::waits().await;
    let (sql, order) = (&customer.client.shop.sql, customer.order);
    let by = ChangedBy::command();
    let shipment = shipment();
    let shipped = join_all((0..4).map(|_| sql.ship(order, &shipment, &by, START_MS)));
    let refunded = join_all((0..2).map(|_| sql.refund_order(order, &by, START_MS)));
    let (shipped, refunded) = futures::join!(shipped, refunded);
    let shipped = shipped.into_iter().map(Result::unwrap);
    let shipped = shipped.filter(|outcome| *outcome == ShipOutcome::Shipped);
    assert!(shipped.count() <= 1, "the money may have gone back before");
    let refunded = refunded.into_iter().map(Result::unwrap);
    assert_eq!(refunded.filter(|begun| *begun).count(), 1);
    let received = join_all((0..4).map(|_| sql.receive(order, START_MS))).await;
    assert!(received.into_iter().all(|received| !received.unwrap()));
    customer.client.shop.settle_payments().await;
    assert_eq!(customer.state().await, OrderState::Refunded);
    customer.client.shop.audit().await;
}

#[tokio::test]
async fn shipped_and_received_orders_can_be_refunded() {
    for is_received in [false, true] {
        let customer = Customer::waits().await;
        let shop = &customer.client.shop;
        let (sql, order, by) = (&shop.sql, customer.order, ChangedBy::command());
        let shipped = sql.ship(order, &shipment(), &by, START_MS).await;
        assert_eq!(shipped.unwrap(), ShipOutcome::Shipped);
        if is_received {
            let who = &customer.who;
            customer.client.confirm_receipt(who, order).await.unwrap();
        }
        assert!(sql.refund_order(order, &by, START_MS).await.unwrap());
        assert_eq!(customer.state().await, OrderState::Refunding);
        shop.audit().await;
        shop.settle_payments().await;
        assert_eq!(customer.state().await, OrderState::Refunded);
        assert_eq!(shop.sql.sandbox_balance().await.unwrap(), []);
        shop.audit().await;
    }
}

#[tokio::test]
async fn a_second_payment_of_a_shipped_order_is_refunded() {
    let customer = Customer::new().await;
    let (who, order) = (&customer.who, customer.order);
    customer.client.pays(who, order, Action::PayTwice).await;
    let shop = &customer.client.shop;
    let mut notices = shop.take_sandbox_notices().await.into_iter();
    let (signature, body) = notices.next().unwrap();
    shop.receive_notice(&signature, &body).await;
    shop.settle_payments().await;
    customer
        .client
        .save_shipping_address(who, order, right())
        .await
        .unwrap();
    let by = ChangedBy::command();
    let shipped = shop.sql.ship(order, &shipment(), &by, START_MS).await;
    assert_eq!(shipped.unwrap(), ShipOutcome::Shipped);
    for (signature, body) in notices {
        shop.receive_notice(&signature, &body).await;
    }
    shop.settle_payments().await;
    assert_eq!(customer.state().await, OrderState::Shipped);
    let audited_item = shop.audit().await.items[0];
    assert_eq!(audited_item.sold, 1);
    let balance = shop.sql.sandbox_balance().await.unwrap();
    assert_eq!(balance.iter().map(|sum| sum.minor).sum::<i64>(), 9_900);
}

#[tokio::test]
async fn a_shipped_orders_address_is_erased_without_a_confirmation() {
    let customer = Customer::waits().await;
    let shop = &customer.client.shop;
    let (sql, order, by) = (&shop.sql, customer.order, ChangedBy::command());
    shop.clock.advance(1_000);
    let keep_ms = shop.engine.shipping.rules.keep_address_ms;
    let shipped_at_ms = START_MS + 1_000;
    sql.ship(order, &shipment(), &by, shipped_at_ms)
        .await
        .unwrap();
    shop.clock.advance(keep_ms - 1);
    let erase = async || erase_addresses::run_once(&shop.engine.shipping).await;
    assert_eq!(erase().await.unwrap(), 0);
    shop.clock.advance(1);
    assert_eq!(erase().await.unwrap(), 1);
}

#[tokio::test]
async fn an_operator_ships_on_the_orders_page_once_it_has_an_address() {
    let customer = Customer::new().await;
    let (router, shop) = (&customer.router, &customer.client.shop);
    let operator = staff(shop, Role::Operator, false).await;
    let support = staff(shop, Role::Support, false).await;
    let admin_page = format!("/admin/orders/{}", customer.order);
    let form = format!("{admin_page}/ship");
    let read =
        async |path: &str, token: &str| html(get(router, path, "en", Some(token)).await).await;
    customer.pays().await;
    let page = read(&admin_page, &operator).await;
    assert!(page.contains("has not said where to send it"), "{page}");
    let fields = [("carrier", "SF Express"), ("number", "SF 1023 456789")];
    let refused = send_form(router, &form, &operator, &fields).await;
    assert_eq!(refused.status(), 422, "nobody knows where to");

    let (who, order) = (&customer.who, customer.order);
    let saved = customer.client.save_shipping_address(who, order, right());
    saved.await.unwrap();
    let page = read(&admin_page, &operator).await;
    assert!(
        page.contains("13800000009") && page.contains("漕溪北路"),
        "{page}"
    );
    let page = read(&admin_page, &support).await;
    for hidden in ["13800000009", "漕溪北路", "/ship"] {
        assert!(!page.contains(hidden), "support sees {hidden}: {page}");
    }
    for (carrier, number, words) in [
        ("", "SF1023456789", "Say who carries it"),
        ("SF Express", "单号", "4 to 40 letters"),
    ] {
        let fields = [("carrier", carrier), ("number", number)];
        let answer = send_form(router, &form, &operator, &fields).await;
        assert_eq!(answer.status(), 422);
        let text = html(answer).await;
        assert!(text.contains(words), "{text}");
        let typed = format!("value=\"{number}\"");
        assert!(text.contains(&typed), "what was typed stays: {text}");
    }
    let answer = send_form(router, &form, &operator, &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], admin_page.as_str());
    let again = send_form(router, &form, &operator, &fields).await;
    assert_eq!(again.status(), 409);
    let text = html(again).await;
    assert!(text.contains("in another state by now"), "{text}");
    assert!(text.contains("by Operator-false"), "{text}");
    let auditor = staff(shop, Role::Auditor, false).await;
    let log = read(&format!("/admin/log?subject={order}"), &auditor).await;
    assert!(
        log.contains("shipped an order") && log.contains("SF1023456789"),
        "{log}"
    );
    assert!(!log.contains("漕溪北路"), "the log has no address: {log}");
}

#[tokio::test]
async fn a_buyer_sees_how_an_order_was_sent_and_confirms_on_its_page_that_it_came() {
    let customer = Customer::waits().await;
    let (router, shop) = (&customer.router, &customer.client.shop);
    let operator = staff(shop, Role::Operator, false).await;
    let read =
        async |path: &str, token: &str| html(get(router, path, "en", Some(token)).await).await;
    let by = ChangedBy::command();
    let shipped = shop
        .sql
        .ship(customer.order, &shipment(), &by, START_MS)
        .await;
    assert_eq!(shipped.unwrap(), ShipOutcome::Shipped);
    let page = read(&customer.page(), &customer.token).await;
    for words in [
        "顺丰速运",
        "SF1023456789",
        "I have received it",
        "The shop sent it",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Change the address"), "{page}");
    let received = format!("{}/received", customer.page());
    for _ in 0..2 {
        let answer = send_form(router, &received, &customer.token, &[]).await;
        assert_eq!(
            answer.status(),
            StatusCode::SEE_OTHER,
            "again changes nothing"
        );
        assert_eq!(answer.headers()[header::LOCATION], customer.page().as_str());
    }
    let page = read(&customer.page(), &customer.token).await;
    assert!(page.contains("You have confirmed that it came"), "{page}");
    assert!(!page.contains("I have received it"), "{page}");
    let admin_page = format!("/admin/orders/{}", customer.order);
    let page = read(&admin_page, &operator).await;
    assert!(page.contains("by the buyer"), "{page}");
    shop.audit().await;
}

#[tokio::test]
async fn programs_ship_and_confirm_by_calls_that_check_the_caller() {
    let customer = Customer::waits().await;
    let (router, shop, order) = (&customer.router, &customer.client.shop, customer.order);
    let operator = staff(shop, Role::Operator, false).await;
    let other = signed_in(shop, 2).await;
    let body = json!({"order_id": order, "carrier": "顺丰速运", "number": "SF1023456789"});
    for (field, value, wrong) in [
        ("carrier", json!("a\u{202e}b"), "carrier"),
        ("number", json!("12"), "number"),
        ("number", json!(12), "body"),
        ("order_id", json!("12"), "order_id"),
    ] {
        let mut sent = body.clone();
        sent[field] = value;
        let (status, answer) = call(router, CALL, Some(&operator), &sent).await;
        let error: ApiError = serde_json::from_slice(&answer).unwrap();
        let field = wrong.to_owned();
        assert_eq!((status.as_u16(), error), (422, ApiError::Invalid { field }));
    }
    let received = json!({ "order_id": order });
    let confirm = async |token| {
        let (status, _) = call(router, "/api/order/received", token, &received).await;
        status.as_u16()
    };
    assert_eq!(confirm(Some(&customer.token)).await, 409, "not on its way");
    for (token, expected) in [
        (None, 401),
        (Some(&*other), 403),
        (Some(&*operator), 200),
        (Some(&*operator), 409),
    ] {
        let (status, answer) = call(router, CALL, token, &body).await;
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(status, expected, "{answer}");
    }
    let path = format!("/api/admin/order?order_id={order}");
    let history = html(get(router, &path, "en", Some(&operator)).await).await;
    let history: OrderHistory = serde_json::from_str(&history).unwrap();
    assert_eq!(history.address, Some(parsed()));
    assert_eq!(history.shipment, Some(shipment()));
    for (token, expected) in [
        (None, 401),
        (Some(&*other), 404),
        (Some(&*operator), 404),
        (Some(&*customer.token), 200),
        (Some(&*customer.token), 409),
    ] {
        assert_eq!(confirm(token).await, expected);
    }
}

#[tokio::test]
async fn other_sites_cannot_confirm_and_malformed_forms_are_refused() {
    let customer = Customer::waits().await;
    let (router, shop) = (&customer.router, &customer.client.shop);
    let operator = staff(shop, Role::Operator, false).await;
    let ship = format!("/admin/orders/{}/ship", customer.order);
    let received = format!("{}/received", customer.page());
    for (path, token, site, body, status) in [
        (
            &ship,
            &operator,
            "cross-site",
            "carrier=a&number=12345",
            403,
        ),
        (&ship, &operator, "same-origin", "carrier=a", 422),
        (
            &ship,
            &customer.token,
            "same-origin",
            "carrier=a&number=12345",
            403,
        ),
        (&received, &customer.token, "cross-site", "", 403),
        (&received, &operator, "same-origin", "", 404),
    ] {
        let request = Request::post(path)
            .header(header::HOST, "shop.example")
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, format!("seckill_login={token}"));
        let request = request.body(Body::from(body)).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{path} {site} {body}");
    }
    for path in ["/admin/orders/x/ship", "/orders/x/received"] {
        let fields = [("carrier", "a"), ("number", "12345")];
        let answer = send_form(router, path, &operator, &fields).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    assert_eq!(customer.state().await, OrderState::Paid);
}
