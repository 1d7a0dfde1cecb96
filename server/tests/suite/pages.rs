//! Pages through the real router and the real engine: their content in both languages, as
//! snapshots, and who may see them.

use std::sync::Arc;

use app::{
    ShopSettings,
    api::LoginCookie,
    port::Visitor,
    wire::{DependencyState, DoctorCheck, ItemId, Verdict},
};
use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, header},
};
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusBuilder;
use server::{
    assembly::page_invalidation,
    config::Config,
    engine::{
        accounts::sign_in::token_hash,
        back_office::calls::OfficeCalls,
        orders::close_unpaid,
        ports::{AccountWriter, Health, SystemFacts, TokenHash},
        storefront::ShopFront,
    },
    http::{BuiltSite, Dependency, HttpSettings, Readiness, Site, router},
};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::{
    purchase::TestClient,
    support::{HOUR_MS, START_MS, TestShop, both},
};

pub struct AlwaysReady;

#[async_trait]
impl Readiness for AlwaysReady {
    async fn check(&self) -> Vec<Dependency> {
        Vec::new()
    }
}

#[async_trait]
impl Health for AlwaysReady {
    async fn states(&self) -> Vec<DependencyState> {
        vec![DependencyState {
            name: "ledger".to_owned(),
            ready: true,
            is_task: false,
            detail: None,
        }]
    }
}

/// A process that has a problem.
struct TestProcess;

#[async_trait]
impl SystemFacts for TestProcess {
    fn version(&self) -> String {
        "test".to_owned()
    }

    fn settings(&self) -> String {
        Config::defaults().unwrap().listing
    }

    async fn checks(&self) -> Vec<DoctorCheck> {
        vec![DoctorCheck {
            verdict: Verdict::Problem,
            part: "ledger".to_owned(),
            text: "no answer".to_owned(),
        }]
    }

    async fn carry_out(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work).await.unwrap();
    }
}

/// The router over a shop, assembled as in the binary.
pub fn site(shop: &TestShop) -> Router {
    site_until(shop, watch::channel(false).1)
}

/// The same, of a process that stops when it is told to.
pub fn site_until(shop: &TestShop, stopped: watch::Receiver<bool>) -> Router {
    let cookie = LoginCookie { secure: false };
    router(Site {
        payments: server::http::payments(
            shop.engine.payments.clone(),
            shop.built_in.clone().map(|built_in| built_in as _),
        ),
        office: Arc::new(OfficeCalls::new(
            &shop.engine,
            Arc::new(AlwaysReady),
            Arc::new(TestProcess),
        )),
        shop: Arc::new(ShopFront::new(shop.engine.clone())),
        readiness: Arc::new(AlwaysReady),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        built: BuiltSite::new("nowhere", None),
        texts: server::texts::load(None).unwrap(),
        invalidation: page_invalidation(&shop.catalogue_changes),
        stopped,
        settings: HttpSettings {
            cookie,
            trusted_proxies: Vec::new(),
            page_life: std::time::Duration::from_mins(1),
            request_timeout: std::time::Duration::from_secs(10),
            shop: ShopSettings::default(),
            pay_page: None,
            shop_url: Some("https://shop.example".to_owned()),
        },
    })
}

pub async fn get(
    router: &Router,
    path: &str,
    language: &str,
    token: Option<&str>,
) -> Response<Body> {
    let mut request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
    if let Some(token) = token {
        request = request.header(header::COOKIE, format!("seckill_login={token}"));
    }
    router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

pub async fn html(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// One line per tag, without parts that change with builds: names of islands, inline scripts.
pub fn readable(html: &str) -> String {
    let body = html.split_once("<body").map_or(html, |(_, body)| body);
    let mut text = String::new();
    for piece in body
        .replace("<!>", "")
        .replace("<!---->", "")
        .split('<')
        .skip(1)
    {
        let piece = match piece.split_once("data-component=\"") {
            Some((before, after)) => {
                let (name, rest) = after.split_once('"').unwrap_or_default();
                let name = name.split('_').next().unwrap_or_default();
                format!("{before}data-component=\"{name}\"{rest}")
            }
            None => piece.to_owned(),
        };
        if !piece.starts_with('/') || !piece.ends_with('>') {
            text.push('<');
            text.push_str(piece.trim_end());
            text.push('\n');
        }
    }
    text
}

pub async fn signed_in(shop: &TestShop, number: u32) -> String {
    let account = shop.buyer(number).await;
    let token = format!("token-{number}");
    let TokenHash(hash) = token_hash(&token);
    shop.sql
        .add_log_ins(&[(TokenHash(hash), account)], i64::MAX)
        .await
        .unwrap();
    token
}

/// The same person as a visitor of the shop's client.
pub async fn visitor_with(shop: &TestShop, token: &str) -> Visitor {
    let login = shop
        .engine
        .accounts
        .tokens
        .get(&token_hash(token))
        .await
        .unwrap();
    Visitor {
        me: Some(login.unwrap().me),
        ..crate::purchase::visitor(1)
    }
}

/// Rounds that have ended, are running, stopped, and planned.
async fn a_day(shop: &TestShop) -> ItemId {
    let hour = HOUR_MS;
    shop.item_in(10, START_MS - 3 * hour, START_MS - hour, None)
        .await;
    let running = shop
        .item_in(10, START_MS - hour, START_MS + hour, None)
        .await;
    let words = Some(both("库存盘点中，稍后继续", "Counting stock, back soon"));
    shop.item_in(10, START_MS - hour, START_MS + 2 * hour, words)
        .await;
    shop.item_in(10, START_MS + 2 * hour, START_MS + 4 * hour, None)
        .await;
    shop.item_in(10, START_MS + 24 * hour, START_MS + 26 * hour, None)
        .await;
    running
}

#[tokio::test]
async fn public_pages_match_their_snapshots_in_both_languages() {
    let shop = TestShop::new().await;
    let item = a_day(&shop).await;
    let router = site(&shop);
    for language in ["zh", "en"] {
        for (name, path, status) in [
            ("home", "/", 200),
            ("item", &*format!("/items/{item}"), 200),
            (
                "item_unknown",
                "/items/00000000-0000-0000-0000-000000000001",
                404,
            ),
            ("nowhere", "/nowhere", 404),
            ("login", "/login?next=/orders", 200),
            (
                "login_refused",
                "/login?error=unauthenticated&field=&next=/orders",
                200,
            ),
            ("register", "/register", 200),
            (
                "register_taken",
                "/register?error=invalid&field=mobile_taken&next=/",
                200,
            ),
        ] {
            let response = get(&router, path, language, None).await;
            assert_eq!(response.status(), status, "{path}");
            let said = response.headers()[header::CONTENT_LANGUAGE]
                .to_str()
                .unwrap()
                .to_owned();
            assert!(said.starts_with(language), "{path} is in {said}");
            insta::assert_snapshot!(
                format!("{name}_{language}"),
                readable(&html(response).await)
            );
        }
    }
}

#[tokio::test]
async fn a_buyers_pages_match_their_snapshots_in_both_languages() {
    let shop = TestShop::new().await;
    let item = a_day(&shop).await;
    let token = signed_in(&shop, 1).await;
    let router = site(&shop);
    snapshot_orders(&router, "orders_none", &token).await;
    let visitor = visitor_with(&shop, &token).await;
    let client = TestClient::of(shop);
    client.buy(&visitor, item).await.unwrap();
    snapshot_orders(&router, "orders_queued", &token).await;
    client.shop.clock.advance(120_000);
    client.shop.drain().await;
    snapshot_orders(&router, "orders_failed", &token).await;
    let order_id = client.order_of(&visitor, item).await;
    for language in ["zh", "en"] {
        for (name, path) in [
            ("orders", "/orders".to_owned()),
            ("order", format!("/orders/{order_id}")),
        ] {
            let page = get(&router, &path, language, Some(&token)).await;
            assert_eq!(page.headers()[header::CACHE_CONTROL], "private, no-store");
            let page = readable(&html(page).await);
            insta::assert_snapshot!(format!("{name}_pending_{language}"), page);
        }
    }
    client.shop.clock.advance(600_000);
    close_unpaid::run_once(&client.shop.engine.orders, &client.shop.engine.payments)
        .await
        .unwrap();
    for language in ["zh", "en"] {
        let page = get(
            &router,
            &format!("/orders/{order_id}"),
            language,
            Some(&token),
        )
        .await;
        insta::assert_snapshot!(
            format!("order_closed_{language}"),
            readable(&html(page).await)
        );
    }
}

async fn snapshot_orders(router: &Router, name: &str, token: &str) {
    for language in ["zh", "en"] {
        let page = get(router, "/orders", language, Some(token)).await;
        let page = readable(&html(page).await);
        insta::assert_snapshot!(format!("{name}_{language}"), page);
    }
}

#[tokio::test]
async fn known_failure_11_another_buyers_order_page_does_not_exist() {
    let shop = TestShop::new().await;
    let item = shop.item(1).await;
    let (owner, other) = (signed_in(&shop, 1).await, signed_in(&shop, 2).await);
    let visitor = visitor_with(&shop, &owner).await;
    let router = site(&shop);
    let client = TestClient::of(shop);
    let order_id = client.order_of(&visitor, item).await;
    let path = format!("/orders/{order_id}");
    assert_eq!(get(&router, &path, "en", Some(&owner)).await.status(), 200);
    assert_eq!(get(&router, &path, "en", Some(&other)).await.status(), 404);
    assert_eq!(get(&router, &path, "en", None).await.status(), 303);
}

#[tokio::test]
async fn known_failure_12_a_cached_page_is_the_same_for_everybody() {
    let shop = TestShop::new().await;
    let item = shop.item(1).await;
    let token = signed_in(&shop, 1).await;
    let router = site(&shop);
    for path in ["/".to_owned(), format!("/items/{item}")] {
        let first = get(&router, &path, "en", Some(&token)).await;
        assert!(!first.headers().contains_key(header::SET_COOKIE));
        let first = html(first).await;
        assert_eq!(
            first,
            html(get(&router, &path, "en", None).await).await,
            "{path}"
        );
        for personal in ["buyer 1", "139****0001", &token] {
            assert!(!first.contains(personal), "{path} holds {personal}");
        }
    }
}

#[tokio::test]
async fn a_mistake_in_a_form_clears_only_the_password() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let form = "mobile=123+456&nickname=%E5%B0%8F%E6%98%8E&password=correct+horse";
    let request = Request::post("/api/register")
        .header(header::HOST, "shop.example")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.body(Body::from(form)).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let headers = answer.headers();
    let back = headers[header::LOCATION].to_str().unwrap();
    assert!(
        back.starts_with("/register?error=invalid&field=mobile"),
        "{back}"
    );
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    assert!(!cookie.contains("horse"), "{cookie}");
    let request = Request::get(back).header(header::COOKIE, cookie);
    let request = request.body(Body::empty()).unwrap();
    let page = html(router.clone().oneshot(request).await.unwrap()).await;
    assert!(page.contains("value=\"123 456\""), "{page}");
    assert!(page.contains("value=\"小明\""), "{page}");
    assert!(!page.contains("horse"), "{page}");

    let request = Request::get("/register").header(header::COOKIE, cookie);
    let request = request.body(Body::empty()).unwrap();
    let fresh = html(router.oneshot(request).await.unwrap()).await;
    assert!(
        !fresh.contains("123 456"),
        "a form that is opened anew is empty: {fresh}"
    );
}
