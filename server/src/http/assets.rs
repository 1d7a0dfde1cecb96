//! Built assets and public files, from the site's folder.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use leptos::prelude::LeptosOptions;
use tower_http::services::ServeDir;

/// Pictures and the like: an hour, then asked for again with their date.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// A name with a hash in it always means the same bytes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Folders and files of the site's root that the world may see. Others are not served, whatever
/// lies in the folder.
const SERVED: [&str; 5] = [
    "/pkg/{*file}",
    "/products/{*file}",
    "/admin.css",
    "/favicon.svg",
    "/robots.txt",
];

/// Longest name of a file: what file systems hold. Of a longer one they say that it is an error.
const MAX_NAME: usize = 255;

/// The assets' routes. Compressed copies that the build left beside a file are used.
pub fn routes(options: &LeptosOptions) -> Router {
    let files = ServeDir::new(&*options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let mut router = Router::new();
    for path in SERVED {
        router = router.route_service(path, files.clone());
    }
    let hashed = options.hash_files;
    router.layer(middleware::from_fn(move |request, next| {
        cache_control(hashed, request, next)
    }))
}

async fn cache_control(hashed: bool, request: Request, next: Next) -> Response {
    let in_pkg = request.uri().path().starts_with("/pkg/");
    if request
        .uri()
        .path()
        .split('/')
        .any(|name| name.len() > MAX_NAME)
    {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = next.run(request).await;
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    if found {
        let life = if in_pkg && hashed { IMMUTABLE } else { PUBLIC };
        response.headers_mut().insert(header::CACHE_CONTROL, life);
        // The file service does not say that it chose among compressed copies.
        response
            .headers_mut()
            .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}
