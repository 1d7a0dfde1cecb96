//! Built assets and public files.

use std::fs;

use axum::{Router, body::Body, http::header};
use tempfile::TempDir;

use super::{FakeShop, ask, ask_get, get, router_with};

fn site(hashed: bool) -> (TempDir, Router) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pkg")).unwrap();
    for (file, text) in [
        ("pkg/seckill.wasm", "wasm"),
        ("pkg/seckill.wasm.br", "smaller"),
        ("favicon.svg", "<svg/>"),
        ("secret.txt", "ours"),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let root = folder.path().to_str().unwrap().to_owned();
    let router = router_with(&FakeShop::new(), |site| {
        site.built.root = root.into();
        site.built.is_hashed = hashed;
    });
    (folder, router)
}

#[tokio::test]
async fn a_hashed_name_is_kept_for_ever_and_others_for_an_hour() {
    for (hashed, life) in [
        (true, "public, max-age=31536000, immutable"),
        (false, "public, max-age=3600"),
    ] {
        let (_folder, router) = site(hashed);
        let answer = ask_get(&router, "/pkg/seckill.wasm").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::CACHE_CONTROL)),
            (200, life)
        );
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/wasm");
        let answer = ask_get(&router, "/favicon.svg").await;
        assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=3600");
        let kind = answer.header(header::CONTENT_TYPE);
        assert_eq!(kind, "image/svg+xml; charset=utf-8");
    }
}

#[tokio::test]
async fn the_compressed_copy_is_sent_to_clients_that_accept_it() {
    let (_folder, router) = site(true);
    let request = get("/pkg/seckill.wasm").header(header::ACCEPT_ENCODING, "gzip, br");
    let answer = ask(&router, request, Body::empty()).await;
    assert_eq!(
        (answer.text(), answer.header(header::CONTENT_ENCODING)),
        ("smaller", "br")
    );
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/wasm");
    assert_eq!(answer.header(header::VARY), "accept-encoding");
}

#[tokio::test]
async fn a_client_that_has_a_file_gets_not_modified() {
    let (_folder, router) = site(false);
    let first = ask_get(&router, "/favicon.svg").await;
    let date = first.header(header::LAST_MODIFIED).to_owned();
    let again = get("/favicon.svg").header(header::IF_MODIFIED_SINCE, date);
    let again = ask(&router, again, Body::empty()).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
}

#[tokio::test]
async fn only_public_files_are_served() {
    let (_folder, router) = site(false);
    for path in [
        "/secret.txt",
        "/pkg/../secret.txt",
        "/pkg/%2e%2e/secret.txt",
        "/pkg/",
        "/pkg/no.js",
    ] {
        let answer = ask_get(&router, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("ours"), "{path}");
        assert!(
            !answer.header(header::CACHE_CONTROL).contains("immutable"),
            "{path}"
        );
    }
}
