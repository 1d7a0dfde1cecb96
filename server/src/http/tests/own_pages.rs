//! Personal pages: they require a log-in and are never cached.

use app::wire::ApiError;
use axum::{body::Body, http::header};

use super::{FORM, FakeShop, GOOD_TOKEN, ITEM, ask, ask_get, get, post, router_for};

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
async fn personal_pages_are_never_cached() {
    let router = router_for(&FakeShop::new());
    for path in ["/orders", "/messages", "/account", "/nowhere"] {
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

#[tokio::test]
async fn a_signed_in_visitor_is_redirected_to_the_forms_target() {
    let router = router_for(&FakeShop::new());
    for (path, to) in [
        ("/login", "/"),
        ("/register", "/"),
        ("/login?next=/orders", "/orders"),
        ("/login?next=/items/7%23buy", "/items/7#buy"),
        ("/login?next=//evil.example", "/"),
        ("/login?next=/a&next=/b", "/"),
    ] {
        let request = get(path).header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
        let answer = ask(&router, request, Body::empty()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::LOCATION)),
            (303, to),
            "{path}"
        );
        assert_eq!(answer.header(header::CACHE_CONTROL), "private, no-store");
        assert_eq!(ask_get(&router, path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_path_adds_no_parameter_to_the_form() {
    let router = router_for(&FakeShop::new());
    for (path, to) in [
        ("/orders", "/login?next=/orders"),
        (
            "/orders/x&error=rate_limited&field=",
            "/login?next=/orders/x%26error%3Drate_limited%26field%3D",
        ),
    ] {
        let answer = ask_get(&router, path).await;
        assert_eq!(answer.header(header::LOCATION), to, "{path}");
    }
}

#[tokio::test]
async fn signing_out_clears_the_browsers_cache_and_is_confirmed() {
    let router = router_for(&FakeShop::new());
    let request = post("/api/logout", FORM)
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
    let answer = ask(&router, request, Body::empty()).await;
    // Pressing "back" afterwards shows no names and orders.
    assert_eq!(answer.header("clear-site-data"), "\"cache\"");
    let to = answer.header(header::LOCATION).to_owned();
    let page = ask_get(&router, &to).await;
    assert!(page.text().contains("您已退出登录。"), "{to}");
    let form = ask_get(&router, "/login").await;
    assert!(!form.text().contains("您已退出登录。"));
}

#[tokio::test]
async fn an_order_that_is_not_there_is_not_called_an_item() {
    let router = router_for(&FakeShop::new());
    let request = get(&format!("/orders/{ITEM}"))
        .header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
    let answer = ask(&router, request, Body::empty()).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("没有这个订单"), "{}", answer.text());
    assert!(!answer.text().contains("商品已经下架"));
}
