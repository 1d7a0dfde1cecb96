//! The pages for staff and their forms, used by a browser without scripts.

use app::wire::{AddedRound, Role};
use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use server::engine::ports::CatalogueWriter as _;
use tower::ServiceExt;

use super::{add, round, signed_in};
use crate::{
    pages::{get, html, site},
    support::{START_MS, TestShop},
};

#[tokio::test]
async fn only_staff_see_every_unit() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    add(&router, Some(&admin), &round()).await;
    let page = async |token: &str| {
        let response = get(&router, "/admin/rounds", "en", Some(token)).await;
        let status = response.status().as_u16();
        (status, html(response).await)
    };
    for role in [Role::Reviewer, Role::Operator] {
        let token = signed_in(&shop, role, false).await;
        let (status, text) = page(&token).await;
        assert_eq!(status, 200, "{text}");
        assert!(text.contains("Desk lamp"), "{text}");
        let may_stop = role == Role::Operator;
        assert_eq!(
            text.contains("Stop this round"),
            may_stop,
            "{role:?}: {text}"
        );
    }
    let buyer = signed_in(&shop, Role::Buyer, false).await;
    let (status, text) = page(&buyer).await;
    assert_eq!(status, 403, "{text}");
    assert!(!text.contains("Desk lamp"), "{text}");
    let stranger = get(&router, "/admin/rounds", "en", None).await;
    assert_eq!(
        stranger.headers()[header::LOCATION],
        "/login?next=/admin/rounds"
    );
}

/// Sends a form like a browser without scripts.
pub async fn send_form(
    router: &Router,
    path: &str,
    token: &str,
    fields: &[(&str, &str)],
) -> Response<Body> {
    let encoded =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let field = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
    let body: Vec<String> = fields.iter().map(field).collect();
    let request = Request::post(path)
        .header(header::HOST, "shop.example")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_LANGUAGE, "en")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, format!("seckill_login={token}"));
    let request = request.body(Body::from(body.join("&"))).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn the_stop_button_works_without_javascript() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let (_, body) = add(&router, Some(&admin), &round()).await;
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    let press = async |button: &str, fields: &[(&str, &str)]| {
        let path = format!("/admin/rounds/{}/{button}", added.round_id);
        let response = send_form(&router, &path, &admin, fields).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/admin/rounds");
    };
    let stopped = async || {
        let round = shop.sql.round(added.round_id).await.unwrap();
        round.unwrap().stopped
    };
    press("stop", &[("zh", "盘点中"), ("en", "Counting stock")]).await;
    assert_eq!(stopped().await.unwrap().en, "Counting stock");
    press("resume", &[]).await;
    assert_eq!(stopped().await, None);
}

const NEW_ROUND: &str = "/admin/rounds/new";

/// `START_MS` and an hour later, in the form's format and the shop's time zone.
fn new_round() -> Vec<(&'static str, &'static str)> {
    vec![
        ("title.zh", "晚八点"),
        ("title.en", "Eight o'clock"),
        ("starts_at", "2027-01-15T16:00"),
        ("ends_at", "2027-01-15T17:00"),
        ("items[0].title.zh", "台灯"),
        ("items[0].title.en", "Desk lamp"),
        ("items[0].description.zh", "好灯。"),
        ("items[0].picture_url", "/products/lamp.svg"),
        ("items[0].list_price", "299"),
        ("items[0].sale_price", "99.50"),
        ("items[0].stock", "5"),
    ]
}

fn with<'a>(
    mut fields: Vec<(&'a str, &'a str)>,
    name: &'a str,
    value: &'a str,
) -> Vec<(&'a str, &'a str)> {
    fields.push((name, value));
    fields
}

#[tokio::test]
async fn a_form_is_previewed_and_adds_one_round_even_if_sent_twice() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let rounds = async || {
        let rounds = shop.engine.purchase.catalogue.rounds(START_MS).await;
        rounds.unwrap()
    };
    let empty = html(get(&router, NEW_ROUND, "en", Some(&admin)).await).await;
    assert!(empty.contains("New round"), "{empty}");

    let response = send_form(
        &router,
        NEW_ROUND,
        &admin,
        &with(new_round(), "do", "check"),
    )
    .await;
    assert_eq!(response.status(), StatusCode::OK);
    let page = html(response).await;
    assert!(
        page.contains("units: 5; sold out, they come to ¥497.50"),
        "{page}"
    );
    assert!(page.contains("today at 16:00"), "{page}");
    assert_eq!(rounds().await.len(), 0);

    let key = page.split("name=\"checked\" value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap();
    // A draft changed after its preview is shown again, and not added.
    let edited = with(with(new_round(), "items[0].stock", "50"), "checked", key);
    let response = send_form(&router, NEW_ROUND, &admin, &with(edited, "do", "add")).await;
    let page = html(response).await;
    assert!(page.contains("units: 50"), "{page}");
    assert_eq!(rounds().await.len(), 0);
    let unchecked = with(new_round(), "do", "add");
    let response = send_form(&router, NEW_ROUND, &admin, &unchecked).await;
    assert_eq!(
        (response.status(), rounds().await.len()),
        (StatusCode::OK, 0)
    );

    for _ in 0..2 {
        let fields = with(with(new_round(), "checked", key), "do", "add");
        let response = send_form(&router, NEW_ROUND, &admin, &fields).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
    }
    let added = rounds().await;
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].starts_at_ms, START_MS);
    let round_id = added[0].round_id;

    let copy = format!("{NEW_ROUND}?copy={round_id}");
    let page = html(get(&router, &copy, "en", Some(&admin)).await).await;
    assert!(page.contains("value=\"2027-01-16T16:00:00\""), "{page}");
    assert!(page.contains("value=\"99.50\""), "{page}");
}

#[tokio::test]
async fn a_mistake_in_a_round_form_loses_nothing_and_is_shown_at_its_field() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    for (name, value, words) in [
        ("starts_at", "soon", "Date and time are needed"),
        (
            "ends_at",
            "2027-01-15T16:00",
            "The end lies after the start",
        ),
        ("pay_window_min", "0", "A whole number of minutes"),
        ("items[0].sale_price", "300", "not above the ordinary price"),
        ("items[0].stock", "none", "1 to 10,000,000 units"),
        (
            "items[0].picture_url",
            "https://evil/a.png",
            "file of the shop",
        ),
    ] {
        let fields = with(with(new_round(), name, value), "do", "add");
        let response = send_form(&router, NEW_ROUND, &admin, &fields).await;
        assert_eq!(
            response.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}"
        );
        let page = html(response).await;
        assert!(page.contains(words), "{name}: {page}");
        assert!(
            page.contains(&format!("value=\"{value}\"")),
            "{name}: {page}"
        );
        assert!(page.contains("value=\"晚八点\""), "{page}");
    }
    let rounds = shop.engine.purchase.catalogue.rounds(START_MS).await;
    assert_eq!(rounds.unwrap().len(), 0);
}

#[tokio::test]
async fn only_operators_and_administrators_get_and_send_the_form_of_a_round() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let stranger = get(&router, NEW_ROUND, "en", None).await;
    assert_eq!(
        stranger.headers()[header::LOCATION],
        "/login?next=/admin/rounds/new"
    );
    for role in [Role::Buyer, Role::Reviewer, Role::Support, Role::Auditor] {
        let token = signed_in(&shop, role, false).await;
        let page = get(&router, NEW_ROUND, "en", Some(&token)).await;
        assert_eq!(page.status(), StatusCode::FORBIDDEN, "{role:?}");
        let fields = with(new_round(), "do", "add");
        let response = send_form(&router, NEW_ROUND, &token, &fields).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{role:?}");
    }
    let rounds = shop.engine.purchase.catalogue.rounds(START_MS).await;
    assert_eq!(rounds.unwrap().len(), 0);
}
