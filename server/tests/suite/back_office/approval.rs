//! Review by a second person: an operator's round is sold after another person has approved it.

use app::wire::{AddedRound, ApiError, Role, RoundOverview, RoundState};
use axum::Router;
use axum::http::header;
use serde_json::{Value, json};
use server::engine::stock::warm_up;

use super::{add, call, pages::send_form, round, signed_in};
use crate::{
    pages::{get, html, site},
    support::{Data, HOUR_MS, ManualClock, START_MS, TestShop},
};

const APPROVE: &str = "/api/admin/rounds/approve";
const SEND_BACK: &str = "/api/admin/rounds/send_back";

async fn overview(router: &Router, token: &str) -> RoundOverview {
    let answer = html(get(router, "/api/admin/rounds", "en", Some(token)).await).await;
    let mut rounds: Vec<RoundOverview> = serde_json::from_str(&answer).unwrap();
    assert_eq!(rounds.len(), 1, "{answer}");
    rounds.remove(0)
}

/// The result of a call: `None`, or the error's code and field.
async fn refused(router: &Router, path: &str, token: &str, body: &Value) -> Option<String> {
    let (status, answer) = call(router, path, Some(token), body).await;
    if status == 200 {
        return None;
    }
    match serde_json::from_slice(&answer).unwrap() {
        ApiError::Invalid { field } => Some(field),
        error => Some(error.code().to_owned()),
    }
}

/// A shop with a round prepared by an operator: the round, the operator's token, and a reviewer's.
async fn prepared(shop: &TestShop) -> (Router, AddedRound, String, String) {
    let router = site(shop);
    let operator = signed_in(shop, Role::Operator, false).await;
    let reviewer = signed_in(shop, Role::Reviewer, false).await;
    let (status, body) = add(&router, Some(&operator), &round()).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    (router, added, operator, reviewer)
}

#[tokio::test]
async fn a_prepared_round_is_seen_and_sold_once_it_is_approved() {
    let shop = TestShop::open_embedded().await;
    let (router, added, _, reviewer) = prepared(&shop).await;
    assert_eq!((added.is_new, added.state), (true, RoundState::Submitted));
    let item = format!("/items/{}", added.item_ids[0]);
    assert_eq!(warm_up::run_once(&shop.engine.stock).await.unwrap(), 0);
    assert_eq!(get(&router, &item, "en", None).await.status(), 404);
    let home = html(get(&router, "/", "en", None).await).await;
    assert!(!home.contains("Desk lamp"), "{home}");
    let sitemap = async || html(get(&router, "/sitemap.xml", "en", None).await).await;
    let found = sitemap().await;
    assert!(found.contains("<loc>https://shop.example/?lang=zh</loc>"));
    assert!(!found.contains("/items/"), "{found}");

    let seen = overview(&router, &reviewer).await;
    assert_eq!(seen.prepared_by_name.as_deref(), Some("Operator-false"));
    let approval = json!({"round_id": added.round_id, "content_hash": seen.content_hash});
    for _ in 0..2 {
        assert_eq!(refused(&router, APPROVE, &reviewer, &approval).await, None);
    }
    assert_eq!(
        overview(&router, &reviewer).await.state,
        RoundState::Approved
    );
    let home = html(get(&router, "/", "en", None).await).await;
    assert!(home.contains("Desk lamp"), "at once: {home}");
    let found = sitemap().await;
    let address = format!("<loc>https://shop.example{item}?lang=en</loc>");
    assert!(found.contains(&address), "{found}");
    assert_eq!(get(&router, &item, "en", None).await.status(), 200);
    assert_eq!(warm_up::run_once(&shop.engine.stock).await.unwrap(), 1);
    shop.audit().await;
}

#[tokio::test]
async fn only_the_reviewed_content_is_approved() {
    let shop = TestShop::open_embedded().await;
    let (router, added, _, reviewer) = prepared(&shop).await;
    let seen = overview(&router, &reviewer).await;
    let approval = json!({"round_id": added.round_id, "content_hash": seen.content_hash});
    shop.change_by_hand("UPDATE items SET sale_price = 1").await;
    let wrong = refused(&router, APPROVE, &reviewer, &approval).await;
    assert_eq!(wrong.as_deref(), Some("content_hash"));
    let seen = overview(&router, &reviewer).await;
    let approval = json!({"round_id": added.round_id, "content_hash": seen.content_hash});
    shop.clock.advance(2 * HOUR_MS);
    let wrong = refused(&router, APPROVE, &reviewer, &approval).await;
    assert_eq!(wrong.as_deref(), Some("ends_at_ms"), "it is over");
    assert_eq!(
        overview(&router, &reviewer).await.state,
        RoundState::Submitted
    );
}

#[tokio::test]
async fn a_round_sent_back_shows_the_reason_and_is_not_sold() {
    let shop = TestShop::open_embedded().await;
    let (router, added, operator, reviewer) = prepared(&shop).await;
    let hash = overview(&router, &reviewer).await.content_hash;
    let list = "/admin/rounds";
    let page = async |token: &str| html(get(&router, list, "en", Some(token)).await).await;
    let text = page(&reviewer).await;
    assert!(
        text.contains("Waits for approval") && text.contains(&hash),
        "{text}"
    );

    for content in ["重。", "Heavy.", "/products/lamp.svg", "¥299"] {
        assert!(text.contains(content), "{content}: {text}");
    }
    let form = format!("{list}/{}/send_back", added.round_id);
    let nothing = send_form(&router, &form, &reviewer, &[("reason", " ")]).await;
    let to = nothing.headers()[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(to, "/admin/rounds?problem=reason");
    let text = html(get(&router, &to, "en", Some(&reviewer)).await).await;
    assert!(text.contains("Say why"), "{text}");
    let done = send_form(
        &router,
        &form,
        &reviewer,
        &[("reason", "The price is wrong")],
    )
    .await;
    assert_eq!(done.headers()[header::LOCATION], list);
    let text = page(&operator).await;
    assert!(text.contains("Sent back: The price is wrong"), "{text}");
    assert!(text.contains("Copy this round"), "{text}");

    let approval = json!({"round_id": added.round_id, "content_hash": hash});
    let wrong = refused(&router, APPROVE, &reviewer, &approval).await;
    assert_eq!(wrong.as_deref(), Some("state"));
    let again = json!({"round_id": added.round_id, "reason": "again"});
    let wrong = refused(&router, SEND_BACK, &reviewer, &again).await;
    assert_eq!(wrong.as_deref(), Some("state"));
    assert_eq!(warm_up::run_once(&shop.engine.stock).await.unwrap(), 0);
    let (_, body) = add(&router, Some(&operator), &round()).await;
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    assert_eq!((added.is_new, added.state), (false, RoundState::SentBack));
}

#[tokio::test]
async fn without_self_approval_nobody_approves_their_own_round() {
    let clock = std::sync::Arc::new(ManualClock::at(START_MS));
    let shop = TestShop::open(
        Data::embedded(),
        clock,
        std::sync::Arc::default(),
        None,
        |config| {
            config.sale.self_approval = false;
        },
    );
    let shop = shop.await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let (_, body) = add(&router, Some(&admin), &round()).await;
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    assert_eq!(added.state, RoundState::Submitted);
    let hash = overview(&router, &admin).await.content_hash;
    let approval = json!({"round_id": added.round_id, "content_hash": hash});
    let wrong = refused(&router, APPROVE, &admin, &approval).await;
    assert_eq!(wrong.as_deref(), Some("prepared_by"));
    let operator = signed_in(&shop, Role::Operator, false).await;
    let back = json!({"round_id": added.round_id, "reason": "not mine"});
    let wrong = refused(&router, SEND_BACK, &operator, &back).await;
    assert_eq!(wrong.as_deref(), Some("forbidden"), "somebody else's");
    let form = format!("/admin/rounds/{}/approve", added.round_id);
    let own = send_form(&router, &form, &admin, &[("content_hash", &hash)]).await;
    assert_eq!(
        own.headers()[header::LOCATION],
        "/admin/rounds?problem=prepared_by"
    );
    let reviewer = signed_in(&shop, Role::Reviewer, false).await;
    let done = send_form(&router, &form, &reviewer, &[("content_hash", &hash)]).await;
    assert_eq!(done.headers()[header::LOCATION], "/admin/rounds");
    assert_eq!(overview(&router, &admin).await.state, RoundState::Approved);
}

#[tokio::test]
async fn two_reviewers_at_once_decide_once() {
    let shop = TestShop::open_embedded().await;
    let (router, added, _, reviewer) = prepared(&shop).await;
    let hash = overview(&router, &reviewer).await.content_hash;
    let approval = json!({"round_id": added.round_id, "content_hash": hash});
    let back = json!({"round_id": added.round_id, "reason": "The price is wrong"});
    let (approved, sent_back) = tokio::join!(
        refused(&router, APPROVE, &reviewer, &approval),
        refused(&router, SEND_BACK, &reviewer, &back)
    );
    assert!(
        approved.is_none() != sent_back.is_none(),
        "{approved:?} {sent_back:?}"
    );
    let decided = match approved {
        None => RoundState::Approved,
        Some(_) => RoundState::SentBack,
    };
    assert_eq!(overview(&router, &reviewer).await.state, decided);
}
