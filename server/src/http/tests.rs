//! The router from outside: requests to the whole router, with a fake shop behind it that does as a
//! test says. The shop's own decisions are not tested here.

mod api;
mod assets;
mod back_office;
mod cached_pages;
mod changed_pages;
mod fake_shop;
mod guards;
mod own_pages;
mod own_texts;
mod purchase;
mod shared_links;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use app::{ShopSettings, api::LoginCookie, wire::ApiError};
use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header, request},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::texts;

use super::{BuiltSite, Dependency, HttpSettings, PageInvalidation, Readiness, Site, router};

pub use fake_shop::{END_MS, FakeShop, GOOD_TOKEN, ITEM, START_MS};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// One dependency, ready or not.
struct OnePart(bool);

#[async_trait]
impl Readiness for OnePart {
    async fn check(&self) -> Vec<Dependency> {
        let detail = (!self.0).then(|| "gone".to_owned());
        vec![Dependency {
            name: "ledger",
            ready: self.0,
            about: None,
            detail,
        }]
    }
}

/// The router in front of `shop`.
fn router_for(shop: &Arc<FakeShop>) -> Router {
    router_with(shop, |_| {})
}

/// The same, with changed settings.
fn router_with(shop: &Arc<FakeShop>, change: impl FnOnce(&mut Site)) -> Router {
    let mut site = Site {
        shop: Arc::clone(shop) as app::port::Shop,
        payments: Router::new(),
        office: Arc::clone(shop) as app::port::Office,
        readiness: Arc::new(OnePart(true)),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        built: BuiltSite::new("target/site", None),
        texts: texts::load(None).unwrap(),
        invalidation: PageInvalidation::default(),
        stopped: watch::channel(false).1,
        settings: HttpSettings {
            cookie: LoginCookie { secure: false },
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            page_life: Duration::from_mins(1),
            request_timeout: Duration::from_secs(10),
            shop: ShopSettings::default(),
            pay_page: None,
            shop_url: None,
        },
    };
    change(&mut site);
    router(site)
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The error in the envelope, after checking the envelope itself.
    fn error(&self) -> ApiError {
        assert_eq!(self.header(header::CONTENT_TYPE), JSON, "{}", self.text());
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
        assert_eq!(
            self.header("serverfnerror"),
            "",
            "the framework's own header stays inside"
        );
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn get(path: &str) -> request::Builder {
    Request::get(path).header(header::HOST, "shop.example")
}

/// A call as our own pages send it.
fn post(path: &str, content_type: &str) -> request::Builder {
    Request::post(path)
        .header(header::HOST, "shop.example")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, content_type)
}

async fn ask(router: &Router, request: request::Builder, body: impl Into<Body>) -> Answer {
    ask_from(router, "203.0.113.9", request, body).await
}

async fn ask_from(
    router: &Router,
    peer: &str,
    request: request::Builder,
    body: impl Into<Body>,
) -> Answer {
    let peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
    let request = request
        .extension(ConnectInfo(peer))
        .body(body.into())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

async fn ask_get(router: &Router, path: &str) -> Answer {
    ask(router, get(path), Body::empty()).await
}
