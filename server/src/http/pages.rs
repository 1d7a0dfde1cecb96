//! Pages, rendered on the server. Pages that are the same for everybody go through the page cache; personal
//! pages are rendered for each request and never cached.

use std::sync::Arc;

use app::{
    api::TypedFields,
    port::Visitor,
    routes::{self, TextPage, pattern},
    wire::{ApiError, Language},
};
use axum::{
    Extension, Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use serde::Deserialize;

use super::{
    cookies,
    envelope::Envelope,
    page_cache::PageCache,
    renderer::{Page, Renderer, describe},
};

/// For one person, at this moment.
const ONE_PERSONS: HeaderValue = HeaderValue::from_static("private, no-store");

/// For search engines, in addition to `robots.txt`: they list an address that other sites link to, even if
/// they may not fetch it.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
const NOT_TO_BE_FOUND: HeaderValue = HeaderValue::from_static("noindex");

/// A missing file, which some browsers request at every page view.
const FILE_NOT_FOUND: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// State of the page routes. Clones share it.
#[derive(Clone)]
struct Pages {
    renderer: Renderer,
    cache: Arc<PageCache>,
}

/// Every page. Other addresses get the not-found page.
pub fn routes(renderer: Renderer, cache: PageCache) -> Router {
    let cache = Arc::new(cache);
    Router::new()
        .route(routes::HOME, get(public))
        .route(pattern::ITEM, get(public))
        .merge(texts())
        .route(routes::LOGIN, get(form_to_sign_in))
        .route(routes::REGISTER, get(form_to_sign_in))
        .route(routes::ORDERS, get(own))
        .route(pattern::ORDERS_WITH_SLASH, get(own))
        .route(pattern::ORDER, get(own))
        .route(routes::MESSAGES, get(own))
        .route(routes::ACCOUNT, get(own))
        .route(routes::SECOND_FACTOR, get(own))
        .route(routes::ADMIN, get(own))
        .route(routes::ADMIN_SCREEN, get(own))
        .route(routes::ADMIN_ROUNDS, get(own))
        .route(pattern::ROUND_REPORT, get(own))
        .route(routes::ADMIN_PRODUCTS, get(own))
        .route(routes::ADMIN_ORDERS, get(own))
        .route(routes::SHIP_LIST, get(own))
        .route(pattern::ADMIN_ORDER, get(own))
        .route(routes::ADMIN_BUYERS, get(own))
        .route(pattern::ADMIN_BUYER, get(own))
        .route(routes::ADMIN_MONEY, get(own))
        .route(routes::ADMIN_SWITCHES, get(own))
        .route(routes::ADMIN_MESSAGES, get(own))
        .route(routes::ADMIN_SYSTEM, get(own))
        .route(routes::ADMIN_LOG, get(own))
        .fallback(other)
        .with_state(Pages { renderer, cache })
}

/// The pages with the shop's own texts.
fn texts() -> Router<Pages> {
    let pages = TextPage::ALL.into_iter();
    pages.fold(Router::new(), |router, page| {
        router.route(page.path(), get(public))
    })
}

/// The same bytes for everybody with the same language.
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

/// A personal page: requires a log-in.
async fn own(
    state: State<Pages>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    if visitor.me.is_none() {
        return sign_in_first(request.uri());
    }
    for_one(state, visitor, Asked::of(&request)).await
}

/// The target of a form.
#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// A sign-in form. Visitors who are signed in are redirected to its target.
async fn form_to_sign_in(
    state: State<Pages>,
    Extension(visitor): Extension<Visitor>,
    next: Result<Query<Next>, QueryRejection>,
    request: Request,
) -> Response {
    if visitor.me.is_none() {
        return for_one(state, visitor, Asked::of(&request)).await;
    }
    let next = next.map(|Query(Next { next })| next).unwrap_or_default();
    let to = routes::local_path(&next).unwrap_or(routes::HOME);
    let kept = [(header::CACHE_CONTROL, ONE_PERSONS)];
    (kept, Redirect::to(to)).into_response()
}

/// A path as a parameter's value: its content must not become another parameter of the form.
fn as_value(path: &str) -> String {
    let names = path.split('/');
    let names = names.map(|name| form_urlencoded::byte_serialize(name.as_bytes()).collect());
    names.collect::<Vec<String>>().join("/")
}

/// Redirects to the log-in form, which leads back.
pub fn sign_in_first(uri: &Uri) -> Response {
    let to = routes::login(&as_value(uri.path()));
    // A path that is no valid header value belongs to no order.
    let to = HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static(routes::LOGIN));
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, ONE_PERSONS)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Unknown addresses, and other spellings of known ones.
async fn other(
    state: State<Pages>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Envelope(ApiError::NotFound).into_response();
    }
    if let Some(page) = routes::Page::of_other_spelling(request.uri().path()) {
        return Redirect::permanent(&page.to_string()).into_response();
    }
    if is_file(request.uri().path()) {
        let kept = [(header::CACHE_CONTROL, FILE_NOT_FOUND)];
        return (kept, StatusCode::NOT_FOUND).into_response();
    }
    for_one(state, visitor, Asked::of(&request)).await
}

/// The parts of a request that its page depends on.
struct Asked {
    uri: Uri,
    typed: TypedFields,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            uri: request.uri().clone(),
            typed: cookies::typed_fields(request.headers()),
        }
    }
}

/// Icons and scripts that browsers and scanners request everywhere: our pages' addresses have no dot.
fn is_file(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'))
}

async fn for_one(State(pages): State<Pages>, visitor: Visitor, asked: Asked) -> Response {
    let language = visitor.language;
    let Asked { uri, typed } = asked;
    match pages.renderer.render_form(uri, visitor, typed).await {
        Ok(page) => for_one_person(page, language),
        Err(error) => Envelope(error).into_response(),
    }
}

/// After success redirects to this page; otherwise to the log-in, or refuses.
pub fn back(page: &str, done: Result<(), ApiError>) -> Response {
    match done {
        Ok(()) => Redirect::to(page).into_response(),
        Err(ApiError::Unauthenticated) => Redirect::to(&routes::login(page)).into_response(),
        Err(error) => Envelope(error).into_response(),
    }
}

/// The answer to a form of the page at `page`: `next`, the log-in, a refusal of the whole call, or the page
/// again with `form` and the problem.
pub async fn after_form<F: Clone + Send + Sync + 'static>(
    renderer: &Renderer,
    visitor: Visitor,
    page: &str,
    done: Result<(), ApiError>,
    next: &str,
    form: impl FnOnce(ApiError) -> F,
) -> Response {
    let problem = match done {
        Ok(()) => return Redirect::to(next).into_response(),
        Err(ApiError::Unauthenticated) => {
            return Redirect::to(&routes::login(page)).into_response();
        }
        Err(error @ (ApiError::Forbidden | ApiError::Banned | ApiError::NotFound)) => {
            return Envelope(error).into_response();
        }
        Err(problem) => problem,
    };
    let Ok(uri) = page.parse::<Uri>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let status = Some(problem.status());
    form_again(renderer, uri, visitor, form(problem), status).await
}

/// A page with its form as sent, with the status of the problem.
pub async fn form_again<F: Clone + Send + Sync + 'static>(
    renderer: &Renderer,
    uri: Uri,
    visitor: Visitor,
    form: F,
    problem: Option<u16>,
) -> Response {
    let language = visitor.language;
    let page = match renderer.render_form(uri, visitor, form).await {
        Ok(page) => page,
        Err(error) => return Envelope(error).into_response(),
    };
    let is_shown = page.status == StatusCode::OK;
    let mut response = for_one_person(page, language);
    if let (true, Some(Ok(status))) = (is_shown, problem.map(StatusCode::from_u16)) {
        *response.status_mut() = status;
    }
    response
}

/// A page that is never cached.
fn for_one_person(page: Page, language: Language) -> Response {
    let mut response = (page.status, page.html).into_response();
    response.headers_mut().extend(page.headers);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, page.policy);
    headers.insert(header::CACHE_CONTROL, ONE_PERSONS);
    headers.insert(ROBOTS, NOT_TO_BE_FOUND);
    describe(headers, language);
    response
}
