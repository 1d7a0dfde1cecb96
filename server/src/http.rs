//! HTTP: routes, and the layers in front of them. This folder decides which function answers which address;
//! [`app::port`] decides the answer.
//!
//! From the outside in: metrics → request id → security headers → panics → time limit ([`around`]) → (limit
//! per address → visitor → CSRF, [`visitor::admit`]) → route. Assets and probes skip the inner three. One layer
//! instead of seven saves every request some allocations.

mod admin;
mod api;
mod assets;
mod captcha_picture;
mod content_security;
mod cookies;
mod csrf;
mod csv_file;
mod envelope;
mod hidden_path;
mod language;
mod listener;
mod order_forms;
mod page_cache;
mod pages;
mod pay;
mod pictures;
mod probes;
mod renderer;
mod request_metrics;
mod sale_calls;
mod sandbox;
mod site_files;
#[cfg(test)]
mod tests;
mod visitor;

use std::{ops::Deref, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use app::{
    PublicSite, ShopSettings,
    api::LoginCookie,
    port::{Office, Shop},
    routes::{self, pattern},
    texts::Texts,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::HeaderName,
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use futures::FutureExt as _;
use ipnet::IpNet;
use leptos::prelude::provide_context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, watch};

use self::request_metrics::{CountedRequest, RequestMetrics};
use crate::{
    engine,
    sandbox::SandboxProvider,
    telemetry::request_id::{self, RequestId},
};

pub use assets::BuiltSite;
pub use listener::serve;
pub use page_cache::PageInvalidation;
pub use probes::{Dependency, Readiness};

const REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);

/// Settings of the HTTP side.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The cookie that carries log-ins.
    pub cookie: LoginCookie,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// A cached page is kept this long at most.
    pub page_life: Duration,
    /// A request that takes longer is answered with `busy`.
    pub request_timeout: Duration,
    /// Settings that pages use and pass on to the browser.
    pub shop: ShopSettings,
    /// The origin of the page where buyers pay, if it is not the shop's.
    pub pay_page: Option<String>,
    /// The shop's own origin, where it is known.
    pub shop_url: Option<String>,
}

/// Everything the routes need.
pub struct Site {
    pub shop: Shop,
    pub office: Office,
    /// Routes for the providers' notices, and the built-in provider's page; see [`payments`].
    pub payments: Router,
    /// The servers that the shop needs.
    pub readiness: Arc<dyn Readiness>,
    pub metrics: PrometheusHandle,
    /// Where the built assets are, and their names.
    pub built: BuiltSite,
    /// The shop's own texts.
    pub texts: Texts,
    /// Reports which pages have changed.
    pub invalidation: PageInvalidation,
    /// Turns true when the process is about to stop: endless answers end then.
    pub stopped: watch::Receiver<bool>,
    /// Settings of the HTTP side.
    pub settings: HttpSettings,
}

/// State shared by handlers and layers. Clones share it.
#[derive(Clone)]
struct AppState(Arc<Shared>);

struct Shared {
    shop: Shop,
    office: Office,
    settings: HttpSettings,
    public_site: PublicSite,
    texts: Texts,
    metrics: RequestMetrics,
    /// Free places on the live page's streams.
    streams: Arc<Semaphore>,
    /// Turns true when the process is about to stop.
    stopped: watch::Receiver<bool>,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// The one closure through which services reach server functions and pages.
    fn context(&self) -> impl Fn() + Clone + Send + Sync + 'static {
        let (shop, office) = (self.shop.clone(), self.office.clone());
        let (settings, cookie) = (self.settings.shop, self.settings.cookie);
        let (public_site, texts) = (self.public_site.clone(), self.texts.clone());
        move || {
            provide_context(shop.clone());
            provide_context(office.clone());
            provide_context(settings);
            provide_context(public_site.clone());
            provide_context(texts.clone());
            provide_context(cookie);
        }
    }
}

/// The probes alone, for a process that answers no shoppers.
pub fn probes(readiness: Arc<dyn Readiness>, metrics: PrometheusHandle) -> Router {
    probes::routes(readiness, metrics)
}

/// The routes for providers' notices, and the built-in provider's page if that is in use. They skip the
/// visitors' limits: signatures decide.
pub fn payments(
    notices: Arc<engine::payments::Deps>,
    built_in: Option<Arc<dyn SandboxProvider>>,
) -> Router {
    let notices = pay::notices(notices);
    match built_in {
        Some(provider) => notices.merge(sandbox::routes(provider)),
        None => notices,
    }
}

/// Every route of the shop. Must be served with connect info (`SocketAddr`).
pub fn router(site: Site) -> Router {
    let state = AppState(Arc::new(Shared {
        shop: site.shop,
        office: site.office,
        public_site: PublicSite {
            url: site.settings.shop_url.as_deref().map(Arc::from),
            serves: assets::files_of_products(&site.built),
        },
        texts: site.texts,
        settings: site.settings,
        metrics: RequestMetrics::default(),
        streams: Arc::new(Semaphore::new(admin::MAX_STREAMS)),
        stopped: site.stopped,
    }));
    let renderer = renderer::Renderer::new(&state, &site.built.page_files);
    let cache = page_cache::PageCache::new(renderer.clone(), state.clone(), site.invalidation);

    let guarded = Router::new()
        .route(pattern::CAPTCHA_PICTURE, get(captcha_picture::picture))
        .route(pattern::PAY, post(pay::pay))
        .route(routes::LANGUAGE, post(language::switch))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        // These limit the bodies that they read themselves.
        .merge(api::routes(&state))
        .route(pattern::PURCHASE, post(hidden_path::purchase))
        .with_state(state.clone())
        .merge(admin::routes(&state, renderer.clone()))
        .merge(order_forms::routes(&state, renderer.clone()))
        .merge(site_files::routes(&state))
        .merge(pages::routes(renderer, cache))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            around_visitors,
        ));
    let others = Router::new()
        .merge(site.payments)
        .merge(assets::routes(&site.built))
        .merge(pictures::routes(&state))
        .merge(probes::routes(site.readiness, site.metrics))
        .layer(middleware::from_fn_with_state(state, around_others));

    guarded.merge(others)
}

/// Around the requests of visitors.
async fn around_visitors(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (counted, id) = (
        CountedRequest::begin(&request),
        visitor::id(&state, &request),
    );
    around(&state, counted, id, visitor::admit(&state, request, next)).await
}

/// Around all others.
async fn around_others(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (counted, id) = (
        CountedRequest::begin(&request),
        visitor::id(&state, &request),
    );
    around(&state, counted, id, next.run(request)).await
}

/// Around every request: counts it, puts its id into the log and the answer, adds missing headers, and answers
/// itself when the route panics or takes too long.
async fn around(
    state: &AppState,
    counted: CountedRequest,
    id: RequestId,
    answer: impl Future<Output = Response>,
) -> Response {
    let shown = id.to_header();
    let answer = envelope::in_time(state.settings.request_timeout, answer);
    let answer = id.around(async {
        let answer = AssertUnwindSafe(answer).catch_unwind().await;
        answer.unwrap_or_else(|panic| envelope::after_panic(&*panic))
    });
    let mut response = answer.await;
    response.headers_mut().insert(REQUEST_ID, shown);
    content_security::complete(&mut response, state.settings.cookie.secure);
    counted.end(&state.metrics, &response);
    response
}
