//! Pages: rendered on the server. Those that are the same for everybody go through the page cache;
//! a person's own are rendered for each request and kept by nobody.

use std::{future::Future, pin::Pin, sync::Arc};

use app::{
    app::shell,
    port::Visitor,
    wire::{ApiError, Language},
};
use axum::{
    Extension, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, response::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::LeptosOptions;
use leptos_axum::render_app_async_with_context;

use super::{
    Doors, content_security,
    envelope::{Envelope, internal},
    page_cache::PageCache,
};

/// Largest page that is rendered; ours are some ten kilobytes.
const MAX_PAGE: usize = 4 * 1024 * 1024;

/// For one person, at this moment.
const ONE_PERSONS: HeaderValue = HeaderValue::from_static("private, no-store");

/// A page as bytes.
pub struct Page {
    pub status: StatusCode,
    /// What the page itself said: its type, and perhaps where to go.
    pub headers: HeaderMap,
    pub policy: HeaderValue,
    pub html: Bytes,
}

type Render = dyn Fn(Request) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync;

/// Renders pages through the app.
#[derive(Clone)]
pub struct Renderer(Arc<Render>);

impl Renderer {
    pub fn new(doors: &Doors, options: &LeptosOptions) -> Self {
        // The first router of a process starts it; that it was started before is no error.
        let _ = any_spawner::Executor::init_tokio();
        let options = options.clone();
        let render = render_app_async_with_context(doors.context(), move || shell(options.clone()));
        Self(Arc::new(render))
    }

    /// Renders the page at `uri` for `visitor`, and works out its policy.
    pub async fn render(&self, uri: Uri, visitor: Visitor) -> Result<Page, ApiError> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri;
        request.extensions_mut().insert(visitor);
        let (
            Parts {
                status, headers, ..
            },
            body,
        ) = (self.0)(request).await.into_parts();
        let html = to_bytes(body, MAX_PAGE)
            .await
            .map_err(|_| internal("a page is too large"))?;
        let html = std::str::from_utf8(&html).map_err(|_| internal("a page is not UTF-8"))?;
        let html = without_nonce(html);
        let policy = HeaderValue::from_str(&content_security::policy(&html));
        let policy = policy.map_err(|_| internal("a page has no policy"))?;
        let html = html.into();
        Ok(Page {
            status,
            headers,
            policy,
            html,
        })
    }
}

/// Leptos marks its scripts with a nonce. Ours are allowed by their hashes; without the nonce a page
/// is the same bytes until it says something else, on every copy of the server: a `304`.
fn without_nonce(html: &str) -> String {
    const ATTRIBUTE: &str = " nonce=\"";
    let mut rest = html.split(ATTRIBUTE);
    let mut plain = rest.next().unwrap_or_default().to_owned();
    for marked in rest {
        plain.push_str(marked.split_once('"').map_or(marked, |(_, after)| after));
    }
    plain
}

/// What the page routes need.
#[derive(Clone)]
struct Pages {
    renderer: Renderer,
    cache: PageCache,
}

/// Every page. What is no page is the not-found page.
pub fn routes(renderer: Renderer, cache: PageCache) -> Router {
    Router::new()
        .route("/", get(public))
        .route("/items/{id}", get(public))
        .route("/orders", get(own))
        .route("/orders/", get(own))
        .route("/orders/{id}", get(own))
        .fallback(other)
        .with_state(Pages { renderer, cache })
}

/// The same bytes for everybody of a language.
async fn public(
    State(pages): State<Pages>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    pages
        .cache
        .answer(visitor.language, request.uri().path(), request.headers())
        .await
}

/// A person's own page: sign in first.
async fn own(
    state: State<Pages>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    if visitor.me.is_none() {
        let to = format!("/login?next={}", request.uri().path());
        let mut response = StatusCode::SEE_OTHER.into_response();
        // A path that is no header value is no order of anybody.
        let to = HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static("/login"));
        response.headers_mut().insert(header::LOCATION, to);
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, ONE_PERSONS);
        return response;
    }
    for_one(state, visitor, request.uri().clone()).await
}

/// Log-in, registration, and whatever does not exist.
async fn other(
    state: State<Pages>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Envelope(ApiError::NotFound).into_response();
    }
    for_one(state, visitor, request.uri().clone()).await
}

async fn for_one(State(pages): State<Pages>, visitor: Visitor, uri: Uri) -> Response {
    let language = visitor.language;
    let page = match pages.renderer.render(uri, visitor).await {
        Ok(page) => page,
        Err(error) => return Envelope(error).into_response(),
    };
    let mut response = (page.status, page.html).into_response();
    response.headers_mut().extend(page.headers);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, page.policy);
    headers.insert(header::CACHE_CONTROL, ONE_PERSONS);
    described(headers, language);
    response
}

/// What every page says about its language.
pub fn described(headers: &mut HeaderMap, language: Language) {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(language.tag()),
    );
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept-language, cookie, accept-encoding"),
    );
}
