//! What shoppers see while staff have closed a part of the shop.

use app::{
    port::{Registration, Storefront as _, Visitor},
    wire::{ApiError, Role, SetSwitch, Switch},
};
use axum::{
    Router,
    http::{StatusCode, header},
};
use serde_json::json;

use super::{call, pages::send_form, signed_in};
use crate::{
    pages::{get, html, site},
    purchase::{TestClient, visitor},
    support::{TestShop, credentials, eventually},
};

const SET: &str = "/api/admin/switches/set";
const CLEAR: &str = "/api/admin/switches/clear";

async fn set(router: &Router, token: &str, switch: Switch) -> SetSwitch {
    let body = json!({"switch": switch, "minutes": 10, "reason": "too many"});
    let (status, answer) = call(router, SET, Some(token), &body).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    serde_json::from_slice(&answer).unwrap()
}

async fn clear(router: &Router, token: &str, switch: Switch) {
    let (status, _) = call(router, CLEAR, Some(token), &json!({"switch": switch})).await;
    assert_eq!(status, 200);
}

async fn open() -> (TestClient, Router, String) {
    let client = TestClient::of(TestShop::open_embedded().await);
    let router = site(&client.shop);
    let admin = signed_in(&client.shop, Role::Admin, false).await;
    (client, router, admin)
}

#[tokio::test]
async fn queue_only_stops_purchases_and_writes_queued_orders() {
    let (client, router, admin) = open().await;
    let item = client.shop.item(5).await;
    let queued = client.buy(&visitor(1), item).await.unwrap();
    let ready = client.path_for(&visitor(2), item).await.unwrap();
    set(&router, &admin, Switch::QueueOnly).await;
    let closed = Some(ApiError::QueueOnly);
    assert_eq!(client.ask(&visitor(3), item).await.err(), closed);
    let path = client.path(&visitor(3), item, None, None).await;
    assert_eq!(path.err(), closed);
    let purchase = client.purchase(&visitor(2), ready.path.clone(), item).await;
    assert_eq!(purchase.err(), closed);
    client.shop.drain().await;
    let order = client.ordered(&visitor(1), queued.reservation_id).await;
    client.cancel(&visitor(1), order).await.unwrap();
    clear(&router, &admin, Switch::QueueOnly).await;
    let purchase = client.purchase(&visitor(2), ready.path, item).await;
    assert!(purchase.is_ok(), "the path was not used up: {purchase:?}");
}

#[tokio::test]
async fn with_captchas_off_any_answer_or_none_gives_a_path() {
    let (client, router, admin) = open().await;
    let item = client.shop.item(5).await;
    set(&router, &admin, Switch::CaptchaOff).await;
    let asked = client.captcha(&visitor(1), item).await.unwrap();
    assert_eq!(asked.prompt, "No check at the moment: any number will do");
    let wrong = Some("no number".to_owned());
    let path = client
        .path(&visitor(1), item, Some(asked.captcha_id), wrong)
        .await;
    assert!(path.is_ok());
    assert!(client.path(&visitor(2), item, None, None).await.is_ok());
    clear(&router, &admin, Switch::CaptchaOff).await;
    assert!(client.path(&visitor(3), item, None, None).await.is_err());
}

fn stranger() -> Visitor {
    Visitor {
        me: None,
        ..visitor(0)
    }
}

#[tokio::test]
async fn while_log_ins_are_closed_buyers_are_told_so_and_staff_can_sign_in() {
    let (client, router, admin) = open().await;
    client.shop.buyer(1).await;
    let sign_in = async |mobile: &str, password: &str| {
        client.shop.clock.advance(60_000);
        client
            .login(&stranger(), credentials(mobile, password))
            .await
            .err()
    };
    assert_eq!(sign_in("13900000001", "password-1").await, None);
    for (switch, closed) in [
        (Switch::NoLogIns, ApiError::NoLogIns),
        (Switch::ReadingOnly, ApiError::ReadingOnly),
    ] {
        set(&router, &admin, switch).await;
        let closed = Some(closed);
        // The answer must not reveal whether a password is right.
        assert_eq!(sign_in("13900000001", "password-1").await, closed);
        assert_eq!(sign_in("13900000001", "another one").await, closed);
        assert_eq!(sign_in("13700000001", "another one").await, closed);
        assert_eq!(sign_in("13700000001", "a long password").await, None);
        let form = Registration {
            mobile: "13812345678".to_owned(),
            password: "correct horse".to_owned(),
            nickname: "New".to_owned(),
        };
        let registered = client.register(&stranger(), form).await.err();
        assert_eq!(registered, closed);
        clear(&router, &admin, switch).await;
    }
}

#[tokio::test]
async fn reading_only_prevents_changes_and_pages_show_it() {
    let (client, router, admin) = open().await;
    let item = client.shop.item(5).await;
    let order = client.order_of(&visitor(1), item).await;
    set(&router, &admin, Switch::ReadingOnly).await;
    let closed = Some(ApiError::ReadingOnly);
    assert_eq!(client.cancel(&visitor(1), order).await.err(), closed);
    assert_eq!(client.pay(&visitor(1), order).await.err(), closed);
    let (buyer, nothing) = (visitor(1), String::new);
    let changed = client.change_password(&buyer, nothing(), nothing()).await;
    assert_eq!(changed.err(), closed);
    assert!(client.order(&visitor(1), order).await.is_ok());
    assert!(client.stock(item).await.is_ok());
    let left = client.logout(&visitor(1)).await;
    assert!(left.is_ok(), "whoever leaves may leave");

    let fields = [("mobile", "13900000001"), ("password", "password-1")];
    let answer = send_form(&router, "/api/login", "", &fields).await;
    let to = answer.headers()[header::LOCATION].to_str().unwrap();
    assert!(to.starts_with("/login?error=reading_only"), "{to}");
    for (language, words) in [
        ("en", "can only be read for the moment"),
        ("zh", "暂时只能浏览"),
    ] {
        let page = html(get(&router, to, language, None).await).await;
        assert!(page.contains(words), "{page}");
    }
}

#[tokio::test]
async fn a_switch_is_shown_on_every_staff_page_and_ends_by_itself() {
    let (client, router, admin) = open().await;
    let shop = &client.shop;
    let auditor = signed_in(shop, Role::Auditor, false).await;
    let form = "/admin/switches/no_log_ins/set";
    for (fields, to) in [
        (
            [("minutes", "1441"), ("reason", "x")],
            "/admin/switches?problem=minutes",
        ),
        (
            [("minutes", "x"), ("reason", "x")],
            "/admin/switches?problem=minutes",
        ),
        (
            [("minutes", "15"), ("reason", " ")],
            "/admin/switches?problem=reason",
        ),
        (
            [("minutes", "15"), ("reason", "guesses")],
            "/admin/switches",
        ),
    ] {
        shop.clock.advance(1_000);
        let answer = send_form(&router, form, &admin, &fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::LOCATION], to);
    }
    let refused = send_form(
        &router,
        form,
        &auditor,
        &[("minutes", "1"), ("reason", "x")],
    )
    .await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let banner = "No new log-ins until";
    for path in [
        "/admin",
        "/admin/screen",
        "/admin/rounds",
        "/admin/orders",
        "/admin/log",
    ] {
        shop.clock.advance(1_000);
        let page = html(get(&router, path, "en", Some(&auditor)).await).await;
        assert!(page.contains(banner), "{path}: {page}");
        assert!(page.contains("Admin-false: guesses"), "{path}: {page}");
    }
    let page = html(get(&router, "/admin/switches", "en", Some(&auditor)).await).await;
    assert!(!page.contains(form), "{page}");
    let page = html(get(&router, "/admin/switches", "en", Some(&admin)).await).await;
    assert!(page.contains(form), "{page}");

    shop.clock.advance(15 * 60_000);
    let in_effect = &shop.engine.switches.in_effect;
    eventually("the switch ends by itself", async || {
        (!in_effect.is_on(Switch::NoLogIns)).then_some(())
    })
    .await;
    let page = html(get(&router, "/admin/rounds", "en", Some(&auditor)).await).await;
    assert!(!page.contains(banner), "{page}");
}

#[tokio::test]
async fn another_instance_follows_the_ledger_s_switches() {
    let client = TestClient::new().await;
    let shop = &client.shop;
    let set = SetSwitch {
        switch: Switch::QueueOnly,
        set_by: None,
        set_by_name: "command".to_owned(),
        reason: "too many".to_owned(),
        set_at_ms: shop.clock.get(),
        ends_at_ms: shop.clock.get() + 60_000,
    };
    let by = server::engine::ports::ChangedBy::command();
    // Written like by another process: this one is not told.
    let switches = &shop.engine.switches;
    switches.switches.set(&set, &by).await.unwrap();
    let item = shop.item(1).await;
    eventually("purchases are closed", async || {
        shop.clock.advance(1_000);
        let asked = client.ask(&visitor(1), item).await;
        (asked.err()? == ApiError::QueueOnly).then_some(())
    })
    .await;
}
