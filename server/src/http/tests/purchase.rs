//! The hidden path is the only address that buys.

use app::wire::ApiError;
use axum::http::{Method, header};

use super::{FakeShop, GOOD_TOKEN, ITEM, JSON, ask, get, post, router_for};

const PATH: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn the_path_reaches_the_purchase() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let body = format!(r#"{{"item_id":"{ITEM}"}}"#);
    let request = post(&format!("/seckill/{PATH}"), JSON)
        .header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
    let answer = ask(&router, request, body.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("\"position\":1"));
    assert_eq!(*shop.purchases.lock().unwrap(), [PATH]);

    let answer = ask(&router, post(&format!("/seckill/{PATH}"), JSON), body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (401, ApiError::Unauthenticated)
    );
}

#[tokio::test]
async fn a_malformed_path_is_not_looked_up() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    for odd in [
        "0",
        "%2e%2e",
        "0123456789abcdef0123456789abcde%00",
        &"a".repeat(65),
        &"z".repeat(32),
    ] {
        let request = post(&format!("/seckill/{odd}"), JSON)
            .header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
        let answer = ask(&router, request, format!(r#"{{"item_id":"{ITEM}"}}"#)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (403, ApiError::PathInvalid),
            "{odd}"
        );
    }
    assert!(shop.purchases.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_static_address_buys() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    for address in [
        "/internal/purchase",
        "/api/purchase",
        "/seckill",
        "/seckill/",
    ] {
        for method in [Method::POST, Method::GET, Method::PUT] {
            let request = get(address)
                .method(method.clone())
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, JSON)
                .header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
            let answer = ask(
                &router,
                request,
                format!(r#"{{"item_id":"{ITEM}","path":"{PATH}"}}"#),
            )
            .await;
            assert_eq!(answer.status, 404, "{method} {address}");
        }
    }
    assert!(shop.purchases.lock().unwrap().is_empty());
}
