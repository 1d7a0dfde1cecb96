//! Pages of one person: behind a log-in, and kept by nobody.

use app::wire::ApiError;
use axum::{body::Body, http::header};

use super::{FakeShop, GOOD_TOKEN, ITEM, ask, ask_get, get, router_for};

#[tokio::test]
async fn orders_ask_strangers_to_sign_in_and_lead_back() {
    let router = router_for(&FakeShop::new());
    for path in [
        "/orders".to_owned(),
        format!("/orders/{ITEM}"),
        "/orders/".to_owned(),
        "/account".to_owned(),
        "/messages".to_owned(),
    ] {
        let answer = ask_get(&router, &path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(
            answer.header(header::LOCATION),
            format!("/login?next={path}")
        );
        assert_eq!(answer.header(header::CACHE_CONTROL), "private, no-store");
    }
}

#[tokio::test]
async fn a_persons_pages_are_kept_by_nobody() {
    let router = router_for(&FakeShop::new());
    for path in ["/orders", "/messages", "/account", "/login", "/nowhere"] {
        let request = get(path).header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
        let answer = ask(&router, request, Body::empty()).await;
        assert_eq!(
            answer.header(header::CACHE_CONTROL),
            "private, no-store",
            "{path}"
        );
        assert_eq!(
            answer.header(header::CONTENT_TYPE),
            "text/html; charset=utf-8"
        );
        assert_eq!(answer.status == 404, path == "/nowhere", "{path}");
    }
}

#[tokio::test]
async fn when_the_queue_cannot_be_asked_the_orders_page_denies_nothing() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    *shop.refusal.lock().unwrap() = Some(ApiError::Busy { retry_after_s: 1 });
    let request = get("/orders").header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
    let answer = ask(&router, request, Body::empty()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("排队情况暂时查不到"));
    assert!(!answer.text().contains("还没有订单"));
}
