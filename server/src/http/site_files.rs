//! Files that programs request from a site: a sitemap and rules for search engines, a manifest for phones.
//! Made at each request from data in memory.

use std::fmt::Write as _;

use app::{
    port::Visitor,
    routes::{self, Page, TextPage, in_language},
    shop_name,
    wire::Language,
};
use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::{AppState, envelope::Envelope};

/// Search engines ask a few times a day.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// A sitemap has at most 50,000 addresses, and each page has one in every language.
const PAGES: usize = 50_000 / Language::ALL.len();

/// Personal pages and calls: search engines should not visit them.
const DISALLOWED: &str = "User-agent: *
Disallow: /account
Disallow: /admin
Disallow: /api/
Disallow: /captcha/
Disallow: /language
Disallow: /login
Disallow: /messages
Disallow: /orders
Disallow: /register
Disallow: /sandbox/
Disallow: /seckill/
";

pub fn routes(state: &AppState) -> Router {
    Router::new()
        .route(routes::SITEMAP, get(sitemap))
        .route(routes::ROBOTS, get(robots))
        .route(routes::MANIFEST, get(manifest))
        .with_state(state.clone())
}

/// A file with its type.
fn file(kind: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, KEPT),
    ];
    (headers, body).into_response()
}

/// `GET /robots.txt`.
async fn robots(State(state): State<AppState>) -> Response {
    let sitemap = state.public_site.absolute(routes::SITEMAP);
    let sitemap = sitemap.map(|address| format!("Sitemap: {address}\n"));
    let body = DISALLOWED.to_owned() + &sitemap.unwrap_or_default();
    file("text/plain; charset=utf-8", body)
}

/// `GET /sitemap.xml`: every page that is the same for everybody, in every language. Missing when the shop's
/// own address is not set.
async fn sitemap(State(state): State<AppState>) -> Response {
    let Some(origin) = state.public_site.url.as_deref() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let rounds = match state.shop.rounds().await {
        Ok(rounds) => rounds,
        Err(error) => return Envelope(error).into_response(),
    };
    let items = rounds.iter().flat_map(|round| &round.items);
    let items = items.map(|item| Page::Item(item.item_id));
    let texts = TextPage::ALL.map(Page::Text);
    let pages = [Page::Home].into_iter().chain(texts).chain(items);
    let mut body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n"
        .to_owned();
    for page in pages.take(PAGES) {
        add(&mut body, origin, page);
    }
    body.push_str("</urlset>\n");
    file("application/xml; charset=utf-8", body)
}

/// A page in every language, each linking all. Addresses need no escaping: the origin is checked, and the
/// rest consists of ids.
fn add(body: &mut String, origin: &str, page: Page) {
    let link = |language: &str, path: &str| {
        format!("<xhtml:link rel=\"alternate\" hreflang=\"{language}\" href=\"{origin}{path}\"/>")
    };
    let mut links: String = Language::ALL
        .map(|language| link(language.tag(), &in_language(page, language)))
        .concat();
    links.push_str(&link("x-default", &page.to_string()));
    for language in Language::ALL {
        let address = in_language(page, language);
        // Writing to a string does not fail.
        let _ = writeln!(body, "<url><loc>{origin}{address}</loc>{links}</url>");
    }
}

/// `GET /manifest.webmanifest?lang=`.
async fn manifest(Extension(visitor): Extension<Visitor>) -> Response {
    let language = visitor.language;
    let icon = |path: &str, kind: &str, sizes: &str, purpose: &str| json!({ "src": path, "type": kind, "sizes": sizes, "purpose": purpose });
    let manifest = json!({
        "name": shop_name(language),
        "short_name": shop_name(language),
        "lang": language.tag(),
        "id": routes::HOME,
        "start_url": routes::HOME,
        "display": "minimal-ui",
        // `--ground` of the style sheet.
        "background_color": "#faf7f2",
        "theme_color": "#faf7f2",
        "icons": [
            icon("/favicon.svg", "image/svg+xml", "any", "any"),
            icon("/icon-192.png", "image/png", "192x192", "any maskable"),
            icon("/icon-512.png", "image/png", "512x512", "any maskable"),
        ],
    });
    let mut response = file("application/manifest+json", manifest.to_string());
    // Without `lang` it is in the visitor's language.
    let vary = HeaderValue::from_static("accept-language, cookie");
    response.headers_mut().insert(header::VARY, vary);
    response
}
