//! The back office through the real router and the real engine.

mod activity_log;
mod approval;
mod bulk_orders;
mod customers;
mod now;
pub mod pages;
mod permissions;
mod previews;
mod products;
mod reports;
mod switches;
mod system;
mod undelivered;

use app::wire::{AccountId, AddedRound, ApiError, Mobile, Rejection, ReservationId, Role};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use server::engine::{
    accounts::sign_in::token_hash,
    ports::{
        Account, AccountWriter, CatalogueWriter as _, ChangedBy, Decision, ReserveRequest, Unit,
    },
    stock::warm_up,
};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    pages::{get, html, site},
    support::{HOUR_MS, PlainPasswords, START_MS, TestShop},
};

/// Signs in an account with this role; returns its token.
pub async fn signed_in(shop: &TestShop, role: Role, banned: bool) -> String {
    let token = format!("{role:?}-{banned}");
    let number = shop.sql.count().await.unwrap() + 1;
    let account = Account {
        account_id: AccountId(Uuid::from_u128(0xd000 + u128::from(number))),
        mobile: Mobile::parse(&format!("1370000{number:04}")).unwrap(),
        nickname: token.clone(),
        role,
        banned,
        password_hash: PlainPasswords::hash_of("a long password"),
        created_at_ms: START_MS,
    };
    let log_in = (token_hash(&token), account.account_id);
    shop.sql
        .add_accounts(&[account], &ChangedBy::command())
        .await
        .unwrap();
    shop.sql.add_log_ins(&[log_in], i64::MAX).await.unwrap();
    token
}

fn round() -> Value {
    json!({
        "key": "evening",
        "title": {"zh": "晚八点", "en": "Eight o'clock"},
        "starts_at_ms": START_MS,
        "ends_at_ms": START_MS + HOUR_MS,
        "items": [{
            "product": "desk-lamp",
            "title": {"zh": "台灯", "en": "Desk lamp"},
            "description": {"zh": "重。", "en": "Heavy."},
            "picture_url": "/products/lamp.svg",
            "list_price": 29_900,
            "sale_price": 9_900,
            "stock": 5,
        }],
    })
}

async fn add(router: &Router, token: Option<&str>, round: &Value) -> (StatusCode, Vec<u8>) {
    call(router, "/api/admin/rounds", token, round).await
}

pub async fn call(
    router: &Router,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> (StatusCode, Vec<u8>) {
    let mut request = Request::post(path)
        .header(header::HOST, "shop.example")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::COOKIE, format!("seckill_login={token}"));
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, body) = (response.status(), response.into_body());
    (status, to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

#[tokio::test]
async fn a_round_that_an_administrator_adds_is_on_the_pages_at_once_and_can_be_sold() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let token = signed_in(&shop, Role::Admin, false).await;
    for language in ["zh", "en"] {
        let empty = html(get(&router, "/", language, None).await).await;
        assert!(!empty.contains("Desk lamp") && !empty.contains("台灯"));
    }

    let (status, body) = add(&router, Some(&token), &round()).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    let item_id = added.item_ids[0];
    for (language, title) in [("zh", "台灯"), ("en", "Desk lamp")] {
        for path in ["/".to_owned(), format!("/items/{item_id}")] {
            let page = html(get(&router, &path, language, None).await).await;
            assert!(page.contains(title), "{path} in {language}");
        }
    }
    assert_eq!(warm_up::run_once(&shop.engine.stock).await.unwrap(), 1);
    let stock = shop.engine.stock.gate.stock(item_id).await.unwrap();
    assert_eq!(stock.unwrap().sellable, 5);
}

#[tokio::test]
async fn only_operators_and_administrators_add_a_round() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let refused = async |token: Option<&str>| {
        let (status, body) = add(&router, token, &round()).await;
        let error: ApiError = serde_json::from_slice(&body).unwrap();
        (status.as_u16(), error)
    };
    assert_eq!(refused(None).await, (401, ApiError::Unauthenticated));
    for role in [Role::Buyer, Role::Reviewer, Role::Support, Role::Auditor] {
        let token = signed_in(&shop, role, false).await;
        assert_eq!(refused(Some(&token)).await, (403, ApiError::Forbidden));
    }
    let banned = signed_in(&shop, Role::Admin, true).await;
    assert_eq!(refused(Some(&banned)).await, (403, ApiError::Banned));
    let rounds = shop.engine.purchase.catalogue.rounds(START_MS).await;
    assert_eq!(rounds.unwrap().len(), 0);
}

#[tokio::test]
async fn a_refused_round_names_the_invalid_field() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let token = signed_in(&shop, Role::Admin, false).await;
    for (pointer, value, field) in [
        ("/ends_at_ms", json!(START_MS), "ends_at_ms"),
        ("/starts_at_ms", json!(START_MS + HOUR_MS), "ends_at_ms"),
        ("/items", json!([]), "items"),
        ("/items/0/sale_price", json!(30_000), "items[0].sale_price"),
        ("/items/0/stock", json!(0), "items[0].stock"),
        (
            "/items/0/picture_url",
            json!("//evil/a.png"),
            "items[0].picture_url",
        ),
    ] {
        let mut wrong = round();
        *wrong.pointer_mut(pointer).unwrap() = value;
        let (status, body) = add(&router, Some(&token), &wrong).await;
        let error: ApiError = serde_json::from_slice(&body).unwrap();
        let field = field.to_owned();
        assert_eq!((status.as_u16(), error), (422, ApiError::Invalid { field }));
    }
}

#[tokio::test]
async fn a_round_that_is_sent_twice_is_one_round() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let token = signed_in(&shop, Role::Admin, false).await;
    let mut added = Vec::new();
    for _ in 0..2 {
        let (status, body) = add(&router, Some(&token), &round()).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        added.push(serde_json::from_slice::<AddedRound>(&body).unwrap());
    }
    assert_eq!([added[0].is_new, added[1].is_new], [true, false]);
    assert_eq!(added[0].item_ids, added[1].item_ids);
    let rounds = shop.engine.purchase.catalogue.rounds(START_MS).await;
    assert_eq!(rounds.unwrap().len(), 1);
}

#[tokio::test]
async fn a_stop_is_on_the_pages_at_once_and_refuses_buyers_until_it_is_resumed() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let operator = signed_in(&shop, Role::Operator, false).await;
    let (_, body) = add(&router, Some(&admin), &round()).await;
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    let item_id = added.item_ids[0];
    warm_up::run_once(&shop.engine.stock).await.unwrap();
    let page = format!("/items/{item_id}");
    let shows = async |words: &str| {
        html(get(&router, &page, "en", None).await)
            .await
            .contains(words)
    };
    assert!(!shows("Counting stock").await);

    let words = json!({"zh": "盘点中", "en": "Counting stock"});
    let stop = json!({"round_id": added.round_id, "words": words});
    let resume = json!({"round_id": added.round_id});
    let (stop_path, resume_path) = ("/api/admin/rounds/stop", "/api/admin/rounds/resume");
    let gate = &shop.reserve;
    for (path, body, is_stopped) in [(stop_path, &stop, true), (resume_path, &resume, false)] {
        let (status, answer) = call(&router, path, Some(&operator), body).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        assert_eq!(shows("Counting stock").await, is_stopped, "{path}");
        warm_up::run_once(&shop.engine.stock).await.unwrap();
        let request = ReserveRequest {
            unit: Unit {
                reservation_id: ReservationId(Uuid::from_u128(1)),
                item_id,
                buyer: AccountId(Uuid::from_u128(1)),
            },
            path: "path".to_owned(),
            asked_before: false,
        };
        let decision = gate.reserve(request).await.unwrap();
        let is_refused = matches!(decision, Decision::Refused(Rejection::Stopped));
        assert_eq!(is_refused, is_stopped, "{decision:?}");
    }
}

#[tokio::test]
async fn only_operators_and_administrators_stop_a_round() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let (_, body) = add(&router, Some(&admin), &round()).await;
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    let words = json!({"zh": "停", "en": "Stop"});
    let stop = json!({"round_id": added.round_id, "words": words});
    let resume = json!({"round_id": added.round_id});
    let buyer = signed_in(&shop, Role::Buyer, false).await;
    let reviewer = signed_in(&shop, Role::Reviewer, false).await;
    let banned = signed_in(&shop, Role::Operator, true).await;
    for (path, body) in [
        ("/api/admin/rounds/stop", &stop),
        ("/api/admin/rounds/resume", &resume),
    ] {
        for (token, expected) in [
            (None, ApiError::Unauthenticated),
            (Some(&buyer), ApiError::Forbidden),
            (Some(&reviewer), ApiError::Forbidden),
            (Some(&banned), ApiError::Banned),
        ] {
            let token = token.map(String::as_str);
            let (status, answer) = call(&router, path, token, body).await;
            let error: ApiError = serde_json::from_slice(&answer).unwrap();
            assert_eq!(
                (status.as_u16(), &error),
                (expected.status(), &expected),
                "{path}"
            );
        }
    }
    let stored = shop.sql.round(added.round_id).await.unwrap().unwrap();
    assert_eq!(stored.stopped, None);
    let unknown = json!({"round_id": Uuid::from_u128(9), "words": words});
    let (status, _) = call(&router, "/api/admin/rounds/stop", Some(&admin), &unknown).await;
    assert_eq!(status, 404);
}
