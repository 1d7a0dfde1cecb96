//! Pages: rendered on the server. Those that are the same for everybody go through the page cache;
//! a person's own are rendered for each request and kept by nobody.

use app::{
    port::Visitor,
    routes::{self, pattern},
    wire::ApiError,
};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    envelope::Envelope,
    page_cache::PageCache,
    renderer::{Renderer, describe},
};

/// For one person, at this moment.
const ONE_PERSONS: HeaderValue = HeaderValue::from_static("private, no-store");

/// What the page routes need.
#[derive(Clone)]
struct Pages {
    renderer: Renderer,
    cache: PageCache,
}

/// Every page. What is no page is the not-found page.
pub fn routes(renderer: Renderer, cache: PageCache) -> Router {
    Router::new()
        .route(routes::HOME, get(public))
        .route(pattern::ITEM, get(public))
        .route(routes::ORDERS, get(own))
        .route(pattern::ORDERS_WITH_SLASH, get(own))
        .route(pattern::ORDER, get(own))
        .route(routes::ADMIN_ROUNDS, get(own))
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
        let to = routes::login(request.uri().path());
        let mut response = StatusCode::SEE_OTHER.into_response();
        // A path that is no header value is no order of anybody.
        let to = HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static(routes::LOGIN));
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
    describe(headers, language);
    response
}
