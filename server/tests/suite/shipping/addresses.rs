//! Delivery addresses: who may enter them, until when, and how long they are kept.

use app::{
    port::{AfterPurchase as _, Storefront as _},
    wire::{AccountId, ApiError, OrderId},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::json;
use server::engine::{
    orders::close_unpaid,
    ports::{SaveOutcome, ShippingAddresses as _},
    shipping::erase_addresses,
};
use tower::ServiceExt;
use uuid::Uuid;

use super::{Customer, parsed, right, typed};
use crate::{
    back_office::{call, pages::send_form},
    pages::{get, html, signed_in},
    purchase::visitor,
    support::START_MS,
};

const DAY_MS: i64 = 24 * 3_600_000;
const CALL: &str = "/api/order/address";

#[tokio::test]
async fn an_address_is_saved_and_changed_by_the_orders_buyer_alone_until_the_order_ends() {
    let customer = Customer::new().await;
    let (sql, order) = (&customer.client.shop.sql, customer.order);
    let buyer = customer.who.me.as_ref().unwrap().account_id;
    let stranger = AccountId(Uuid::from_u128(77));
    assert_eq!(sql.address(order).await.unwrap(), None);
    for (order, buyer, expected) in [
        (order, stranger, SaveOutcome::NotFound),
        (OrderId(Uuid::from_u128(5)), buyer, SaveOutcome::NotFound),
        (order, buyer, SaveOutcome::Saved),
    ] {
        let saved = sql.save_address(order, buyer, &parsed(), START_MS).await;
        assert_eq!(saved.unwrap(), expected);
    }
    assert_eq!(sql.address(order).await.unwrap(), Some(parsed()));
    let mut other = parsed();
    other.name = "韩梅梅".to_owned();
    customer.pays().await;
    let saved = sql.save_address(order, buyer, &other, START_MS).await;
    assert_eq!(saved.unwrap(), SaveOutcome::Saved, "a paid order's too");
    assert_eq!(sql.address(order).await.unwrap(), Some(other));
}

#[tokio::test]
async fn the_address_of_a_closed_order_is_fixed_and_finally_erased() {
    let customer = Customer::new().await;
    let shop = &customer.client.shop;
    let (sql, order) = (&shop.sql, customer.order);
    let buyer = customer.who.me.as_ref().unwrap().account_id;
    sql.save_address(order, buyer, &parsed(), START_MS)
        .await
        .unwrap();
    let keep_ms = shop.engine.shipping.rules.keep_address_ms;
    assert_eq!(keep_ms, 90 * DAY_MS);
    // A waiting order keeps it for any length of time.
    let erased = sql.erase_addresses(i64::MAX, 10).await.unwrap();
    assert_eq!(erased, 0, "nothing has ended");
    customer.client.cancel(&customer.who, order).await.unwrap();
    let saved = sql.save_address(order, buyer, &parsed(), START_MS).await;
    assert_eq!(saved.unwrap(), SaveOutcome::OtherState);

    let shipping = &shop.engine.shipping;
    shop.clock.advance(keep_ms - 1);
    assert_eq!(erase_addresses::run_once(shipping).await.unwrap(), 0);
    assert_eq!(sql.address(order).await.unwrap(), Some(parsed()));
    shop.clock.advance(1);
    assert_eq!(erase_addresses::run_once(shipping).await.unwrap(), 1);
    assert_eq!(sql.address(order).await.unwrap(), None);
    assert_eq!(erase_addresses::run_once(shipping).await.unwrap(), 0);
}

#[tokio::test]
async fn erasing_is_bounded_and_counts_from_the_order_s_last_event() {
    let customer = Customer::new().await;
    let shop = &customer.client.shop;
    let item = shop.item(5).await;
    for number in 2..=4 {
        let who = visitor(number);
        let order = customer.client.order_of(&who, item).await;
        let buyer = who.me.unwrap().account_id;
        let saved = shop
            .sql
            .save_address(order, buyer, &parsed(), START_MS)
            .await;
        assert_eq!(saved.unwrap(), SaveOutcome::Saved);
    }
    shop.clock.advance(DAY_MS);
    let engine = &shop.engine;
    close_unpaid::run_once(&engine.orders, &engine.payments)
        .await
        .unwrap();
    let sql = &shop.sql;
    let before_ms = START_MS + DAY_MS;
    assert_eq!(sql.erase_addresses(before_ms - 1, 10).await.unwrap(), 0);
    assert_eq!(sql.erase_addresses(before_ms, 2).await.unwrap(), 2);
    assert_eq!(sql.erase_addresses(before_ms, 2).await.unwrap(), 1);
}

#[tokio::test]
async fn the_form_works_without_scripts_and_a_mistake_clears_nothing() {
    let customer = Customer::new().await;
    let page = customer.page();
    let form = format!("{page}/address");
    let read = async || html(get(&customer.router, &page, "en", Some(&customer.token)).await).await;
    let asked = read().await;
    assert!(asked.contains("Name of the receiver"), "{asked}");
    for (name, mobile, address, mistakes) in [
        ("", "138 0000 0009", "上海市徐汇区漕溪北路 1 号", 1),
        ("李雷", "12", "上海市徐汇区漕溪北路 1 号", 1),
        ("李雷", "138 0000 0009", "x", 1),
        ("a\u{202e}b", "<b>", "one\ntwo", 3),
        ("\"><script>alert(1)</script>", "138 0000 0009", "x", 1),
    ] {
        let fields = [("name", name), ("mobile", mobile), ("address", address)];
        let answer = send_form(&customer.router, &form, &customer.token, &fields).await;
        assert_eq!(answer.status(), 422, "{fields:?}");
        let text = html(answer).await;
        let marked = text.matches("field__mistake\"").count();
        assert_eq!(marked, mistakes, "{fields:?}: {text}");
        assert!(!text.contains("<script>alert"), "{text}");
        for (_, value) in fields {
            let plain = !value.is_empty() && !value.contains(['<', '\n']);
            let shown = format!("value=\"{value}\"");
            assert!(!plain || text.contains(&shown), "{value:?}: {text}");
        }
    }
    assert!(read().await.contains("Name of the receiver"));

    let fields = [
        ("name", " 李雷 "),
        ("mobile", "+86 138-0000-0009"),
        ("address", "上海市徐汇区漕溪北路 1 号"),
    ];
    let answer = send_form(&customer.router, &form, &customer.token, &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let to = answer.headers()[header::LOCATION].to_str().unwrap();
    assert_eq!(to, format!("{page}?done=address#address"));
    let saved = read().await;
    for words in ["李雷", "13800000009", "漕溪北路", "Change the address"] {
        assert!(saved.contains(words), "{words}: {saved}");
    }
}

#[tokio::test]
async fn the_call_returns_only_the_callers_own_orders() {
    let customer = Customer::new().await;
    let (router, order) = (&customer.router, customer.order);
    let other = signed_in(&customer.client.shop, 2).await;
    let path = format!("{CALL}?order_id={order}");
    let read = async |token| {
        let answer = get(router, &path, "en", token).await;
        (answer.status().as_u16(), html(answer).await)
    };
    let body = json!({"order_id": order, "name": "李雷", "mobile": "13800000009",
                      "address": "上海市徐汇区漕溪北路 1 号"});
    for (token, status) in [(None, 401), (Some(&*other), 404)] {
        assert_eq!(read(token).await.0, status);
        let (said, _) = call(router, CALL, token, &body).await;
        assert_eq!(said, status);
    }
    let own = Some(&*customer.token);
    assert_eq!(read(own).await, (200, "null".to_owned()));
    let (status, answer) = call(router, CALL, own, &body).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    let known = json!({"name": "李雷", "mobile": "13800000009",
                       "address": "上海市徐汇区漕溪北路 1 号"});
    let (_, text) = read(own).await;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        known
    );
    let detail = get(router, &format!("/api/order?order_id={order}"), "en", own).await;
    let detail = html(detail).await;
    assert!(
        !detail.contains("漕溪北路"),
        "polled answers have none: {detail}"
    );

    for (field, value) in [
        ("name", json!("x".repeat(33))),
        ("mobile", json!("1")),
        ("address", json!("a\u{2067}bcd")),
        ("address", json!(7)),
        ("order_id", json!("7")),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        let (status, answer) = call(router, CALL, own, &wrong).await;
        let error: ApiError = serde_json::from_slice(&answer).unwrap();
        assert_eq!(status, 422, "{field}: {error}");
    }
    customer.client.cancel(&customer.who, order).await.unwrap();
    let (status, answer) = call(router, CALL, own, &body).await;
    let error: ApiError = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status.as_u16(), error), (409, ApiError::OrderState));
}

#[tokio::test]
async fn other_sites_and_other_buyers_cannot_send_the_form() {
    let customer = Customer::new().await;
    let other = signed_in(&customer.client.shop, 2).await;
    let form = format!("{}/address", customer.page());
    let fields = "name=a&mobile=13800000009&address=abcdef";
    for (token, site, body, status) in [
        (&*customer.token, "cross-site", fields, 403),
        (&*other, "same-origin", fields, 404),
        ("", "same-origin", fields, 303),
        (&*customer.token, "same-origin", "name=a", 422),
        (&*customer.token, "same-origin", "", 422),
    ] {
        let request = Request::post(&form)
            .header(header::HOST, "shop.example")
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, format!("seckill_login={token}"));
        let request = request.body(Body::from(body)).unwrap();
        let answer = customer.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{site} {body}");
    }
    let nowhere = send_form(
        &customer.router,
        "/orders/x/address",
        &customer.token,
        &[("name", "a"), ("mobile", "1"), ("address", "b")],
    );
    assert_eq!(nowhere.await.status(), 404);
    let saved = customer.client.shop.sql.address(customer.order).await;
    assert_eq!(saved.unwrap(), None, "nothing was saved");
}

#[tokio::test]
async fn changes_are_limited_for_each_buyer() {
    let customer = Customer::new().await;
    let save = async |typed| {
        let (who, order) = (&customer.who, customer.order);
        customer
            .client
            .save_shipping_address(who, order, typed)
            .await
    };
    for _ in 0..5 {
        save(right()).await.unwrap();
    }
    let refused = save(right()).await;
    let is_limited = matches!(refused, Err(ApiError::RateLimited { .. }));
    assert!(is_limited, "{refused:?}");
    let wrong = save(typed("", "", "")).await;
    let is_invalid = matches!(wrong, Err(ApiError::Invalid { .. }));
    assert!(is_invalid, "{wrong:?}: a mistake is not counted");
}
