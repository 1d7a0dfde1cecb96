//! The staff's calls.

use app::wire::{ApiError, ItemDraft, LocalText, Money, RoundDraft};
use axum::{
    body::Body,
    http::{Method, Request, header},
};

use super::{FakeShop, GOOD_TOKEN, ITEM, JSON, ask, ask_get, post, router_for};

const ROUNDS: &str = "/api/admin/rounds";
const ROUND: &str = r#"{
    "key": "evening",
    "title": {"zh": "晚场", "en": "Evening"},
    "starts_at_ms": 1,
    "ends_at_ms": 2,
    "items": [{
        "product": "lamp",
        "title": {"zh": "灯", "en": "Lamp"},
        "description": {"zh": "好灯", "en": "Shines well"},
        "picture_url": "/products/lamp.svg",
        "list_price": 200,
        "sale_price": 100,
        "stock": 5
    }]
}"#;

fn both(zh: &str, en: &str) -> LocalText {
    LocalText {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

#[tokio::test]
async fn a_round_is_read_as_it_was_sent() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let request = post(ROUNDS, JSON).header(header::AUTHORIZATION, format!("Bearer {GOOD_TOKEN}"));
    let answer = ask(&router, request, ROUND).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains(ITEM), "{}", answer.text());
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let item = ItemDraft {
        product: "lamp".parse().unwrap(),
        title: both("灯", "Lamp"),
        description: both("好灯", "Shines well"),
        picture_url: "/products/lamp.svg".to_owned(),
        list_price: Money(200),
        sale_price: Money(100),
        stock: 5,
        segments: 1,
    };
    let draft = RoundDraft {
        key: "evening".parse().unwrap(),
        title: both("晚场", "Evening"),
        starts_at_ms: 1,
        ends_at_ms: 2,
        pay_window_s: None,
        items: vec![item],
    };
    assert_eq!(*shop.drafts.lock().unwrap(), [draft]);
}

#[tokio::test]
async fn another_site_or_an_incomplete_round_adds_nothing() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let cookie = format!("seckill_login={GOOD_TOKEN}");
    let foreign = Request::post(ROUNDS)
        .header(header::HOST, "shop.example")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, JSON)
        .header(header::COOKIE, &cookie);
    let answer = ask(&router, foreign, ROUND).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (403, ApiError::Forbidden)
    );
    let answer = ask(&router, post(ROUNDS, JSON), ROUND).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (401, ApiError::Unauthenticated)
    );
    for (from, to, field) in [
        ("\"ends_at_ms\": 2,", "", "ends_at_ms"),
        ("\"stock\": 5", "\"stocks\": 5", "stocks"),
        ("{", "", "body"),
    ] {
        let request = post(ROUNDS, JSON).header(header::COOKIE, &cookie);
        let answer = ask(&router, request, ROUND.replacen(from, to, 1)).await;
        let field = field.to_owned();
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (422, ApiError::Invalid { field }),
            "{from}"
        );
    }
    assert_eq!(ask_get(&router, ROUNDS).await.status, 401);
    let other_verb = post(ROUNDS, JSON).method(Method::PUT);
    assert_eq!(ask(&router, other_verb, ROUND).await.status, 405);
    let large = Body::from(" ".repeat(17 * 1024));
    let request = post(ROUNDS, JSON).header(header::COOKIE, &cookie);
    assert_eq!(ask(&router, request, large).await.status, 422);
    assert_eq!(*shop.drafts.lock().unwrap(), []);
}
