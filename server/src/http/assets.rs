//! Built assets and public files, from the site's folder.

use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use app::start::PageFiles;
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use tower_http::services::ServeDir;

/// Pictures and the like: cached for an hour, then revalidated by their date.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// A name with a hash always means the same bytes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Public folders and files of the site's root. Nothing else in the folder is served.
const SERVED: [&str; 13] = [
    "/pkg/{*file}",
    "/products/{*file}",
    "/admin.css",
    "/admin-now.css",
    "/admin-now.js",
    "/apple-touch-icon.png",
    "/favicon.ico",
    "/favicon.svg",
    "/icon-192.png",
    "/icon-512.png",
    "/order-print.css",
    "/share.png",
    "/shop-text.css",
];

/// The build's name for the pages' files, see `Cargo.toml`.
const OUTPUT_NAME: &str = "seckill";
/// Longest file name that file systems allow. They report a longer one as an error.
const MAX_NAME: usize = 255;

/// The files that the build made for browsers.
#[derive(Clone, Debug)]
pub struct BuiltSite {
    /// The folder of all files that are served.
    pub root: PathBuf,
    /// The pages' files have hashes in their names, so browsers may keep them for ever.
    pub is_hashed: bool,
    /// The files that every page loads.
    pub page_files: PageFiles,
}

impl BuiltSite {
    /// The site in a folder. `names` is the build tool's list of hashed names, one line each: `css: HASH`.
    /// Without it the names have no hashes.
    pub fn new(root: impl Into<PathBuf>, names: Option<&str>) -> Self {
        let file = |kind: &str| {
            let mut lines = names.unwrap_or_default().lines();
            let hash = lines.find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'));
            let hash = hash.map_or_else(String::new, |hash| format!(".{}", hash.trim()));
            format!("/pkg/{OUTPUT_NAME}{hash}.{kind}")
        };
        Self {
            root: root.into(),
            is_hashed: names.is_some(),
            page_files: PageFiles {
                style: file("css"),
                script: file("js"),
                wasm: file("wasm"),
            },
        }
    }
}

/// Whether there is a file at a path below `/products/`. Called once for each rendering of a page: one lookup in
/// a local folder.
pub fn files_of_products(site: &BuiltSite) -> Arc<dyn Fn(&str) -> bool + Send + Sync> {
    let root = site.root.clone();
    Arc::new(move |path| {
        let file = path.strip_prefix('/').map(Path::new);
        let is_below = |file: &&Path| {
            file.starts_with("products")
                && file
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)))
        };
        file.filter(is_below)
            .is_some_and(|file| root.join(file).is_file())
    })
}

/// The assets' routes. Compressed copies that the build left beside a file are used.
pub fn routes(site: &BuiltSite) -> Router {
    let files = ServeDir::new(&site.root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let mut router = Router::new();
    for path in SERVED {
        router = router.route_service(path, files.clone());
    }
    let hashed = site.is_hashed;
    router.layer(middleware::from_fn(move |request, next| {
        cache_control(hashed, request, next)
    }))
}

/// Browsers guess the encoding of text that does not declare one.
fn say_utf8(response: &mut Response) {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let Some(kind) = kind.and_then(|kind| kind.to_str().ok()) else {
        return;
    };
    let is_text = kind.starts_with("text/") || kind == "image/svg+xml";
    if is_text
        && !kind.contains("charset")
        && let Ok(kind) = HeaderValue::from_str(&format!("{kind}; charset=utf-8"))
    {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
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
        say_utf8(&mut response);
        // The file service does not set `Vary`, although it chose among compressed copies.
        response
            .headers_mut()
            .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_load_the_files_by_the_names_that_the_build_gave_them() {
        let hashed = BuiltSite::new("site", Some("js: Ab_1\nwasm: Cd-2\ncss: Ef3\n"));
        assert!(hashed.is_hashed);
        let files = hashed.page_files;
        assert_eq!(files.style, "/pkg/seckill.Ef3.css");
        assert_eq!(files.script, "/pkg/seckill.Ab_1.js");
        assert_eq!(files.wasm, "/pkg/seckill.Cd-2.wasm");
        let plain = BuiltSite::new("site", None);
        assert!(!plain.is_hashed);
        assert_eq!(plain.page_files.wasm, "/pkg/seckill.wasm");
    }
}
