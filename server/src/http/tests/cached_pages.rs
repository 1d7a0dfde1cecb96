//! Pages that are the same for everybody.

use std::{
    io::Read as _,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{Method, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::{
    END_MS, FakeShop, GOOD_TOKEN, ITEM, START_MS, ask, ask_get, get, router_for, router_with,
};

fn item_page() -> String {
    format!("/items/{ITEM}")
}

/// Reads of the shop for one rendering of the page.
async fn reads_per_render() -> usize {
    let shop = FakeShop::new();
    ask_get(&router_for(&shop), &item_page()).await;
    shop.items_read.load(SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_simultaneous_visitors_cost_one_rendering() {
    let once = reads_per_render().await;
    assert!(once > 0);
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let router = router.clone();
            tokio::spawn(async move { ask_get(&router, &item_page()).await })
        })
        .collect();
    for one in requests {
        let answer = one.await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("茶壶") || answer.text().contains("Teapot"));
    }
    assert_eq!(shop.items_read.load(SeqCst), once);
}

#[tokio::test]
async fn everybody_of_a_language_gets_the_same_bytes_and_no_cookie() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let once = reads_per_render().await;
    for path in ["/".to_owned(), item_page()] {
        let stranger = ask_get(&router, &path).await;
        let known = get(&format!("{path}?utm=1"))
            .header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"))
            .header(header::AUTHORIZATION, format!("Bearer {GOOD_TOKEN}"));
        let known = ask(&router, known, Body::empty()).await;
        assert_eq!(stranger.body, known.body, "{path}");
        assert!(!known.text().contains("Lin"), "{path}");
        for answer in [&stranger, &known] {
            assert_eq!(
                (answer.status.as_u16(), answer.header(header::SET_COOKIE)),
                (200, "")
            );
            assert!(
                answer
                    .header(header::CACHE_CONTROL)
                    .starts_with("public, max-age=0, s-maxage=")
            );
            assert_eq!(answer.header(header::CONTENT_LANGUAGE), "zh-CN");
        }
    }
    assert_eq!(
        shop.items_read.load(SeqCst),
        once,
        "a query makes no page of its own"
    );
    let english = get("/").header(header::COOKIE, "seckill_lang=en");
    let english = ask(&router, english, Body::empty()).await;
    assert_eq!(english.header(header::CONTENT_LANGUAGE), "en");
    assert!(english.header(header::VARY).contains("accept-language"));
}

#[tokio::test]
async fn a_client_with_the_page_gets_not_modified_and_head_gets_no_body() {
    let router = router_for(&FakeShop::new());
    let first = ask_get(&router, "/").await;
    let tag = first.header(header::ETAG).to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        format!("\"with,comma\",W/{tag}"),
        format!("unquoted, {tag}"),
        "*".to_owned(),
    ] {
        let again = get("/").header(header::IF_NONE_MATCH, &known);
        let again = ask(&router, again, Body::empty()).await;
        assert_eq!(
            (again.status.as_u16(), again.body.len()),
            (304, 0),
            "{known}"
        );
        assert_eq!(again.header(header::ETAG), tag);
    }
    let other = get("/").header(header::IF_NONE_MATCH, "\"other\"");
    assert_eq!(ask(&router, other, Body::empty()).await.status, 200);
    let head = ask(&router, get("/").method(Method::HEAD), Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header(header::ETAG), tag);
    assert_eq!(
        head.header(header::CONTENT_LENGTH),
        first.body.len().to_string()
    );
}

#[tokio::test]
async fn a_page_that_is_not_there_is_answered_whole_whatever_the_caller_has() {
    let router = router_for(&FakeShop::new());
    let request = get("/items/nowhere")
        .header(header::IF_NONE_MATCH, "*")
        .header(header::ACCEPT_ENCODING, "gzip");
    let answer = ask(&router, request, Body::empty()).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header(header::CONTENT_ENCODING), "gzip");
    let mut html = String::new();
    let read = GzDecoder::new(&answer.body[..]).read_to_string(&mut html);
    assert!(read.is_ok() && html.contains("</html>"), "{html}");
}

#[tokio::test]
async fn every_encoding_says_the_same_under_a_tag_of_its_own() {
    let router = router_for(&FakeShop::new());
    let plain = ask_get(&router, "/").await;
    let encoded = async |name: &str| {
        let answer = ask(
            &router,
            get("/").header(header::ACCEPT_ENCODING, name),
            Body::empty(),
        )
        .await;
        assert_eq!(answer.header(header::CONTENT_ENCODING), name);
        assert!(answer.header(header::VARY).contains("accept-encoding"));
        answer
    };
    let (gzip, brotli) = (encoded("gzip").await, encoded("br").await);
    let mut text = Vec::new();
    GzDecoder::new(&gzip.body[..])
        .read_to_end(&mut text)
        .unwrap();
    assert_eq!(text, plain.body);
    text.clear();
    brotli::Decompressor::new(&brotli.body[..], 4096)
        .read_to_end(&mut text)
        .unwrap();
    assert_eq!(text, plain.body);
    let tags = [&plain, &gzip, &brotli].map(|answer| answer.header(header::ETAG));
    assert!(
        tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2],
        "{tags:?}"
    );
}

#[tokio::test]
async fn the_policy_allows_the_pages_own_scripts_by_hash() {
    let router = router_for(&FakeShop::new());
    for path in ["/", "/login", &item_page()] {
        let answer = ask_get(&router, path).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        let html = answer.text();
        let mut inline = 0;
        for part in html.split("<script").skip(1) {
            let (attributes, rest) = part.split_once('>').unwrap();
            let (script, _) = rest.split_once("</script>").unwrap();
            if attributes.contains("src=") || attributes.contains("ld+json") {
                continue;
            }
            inline += 1;
            let hash = STANDARD.encode(Sha256::digest(script));
            assert!(
                policy.contains(&format!("'sha256-{hash}'")),
                "{path}: {policy}"
            );
        }
        assert!(
            inline > 0,
            "{path} starts its islands with an inline script"
        );
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }
}

#[tokio::test]
async fn an_items_page_checks_by_a_plain_script_whether_its_program_has_started() {
    let router = router_for(&FakeShop::new());
    let answer = ask_get(&router, &item_page()).await;
    let html = answer.text();
    let after = html.split_once("buy-panel[data-ready]");
    let (before, after) = after.expect("the script is in the page");
    assert!(
        before.rsplit('<').next().unwrap().starts_with("script>"),
        "inline, and of no type that waits for the page"
    );
    let script = after.split_once("</script>").unwrap().0;
    for sentence in ["buy-not-started", "buy-no-wasm"] {
        assert!(script.contains(sentence), "{sentence}");
        assert_eq!(html.matches(&format!("id=\"{sentence}\"")).count(), 1);
    }
}

#[tokio::test]
async fn a_missing_page_is_not_found_and_not_cached() {
    let router = router_for(&FakeShop::new());
    for id in ["0192aaaa-bbbb-7ccc-8ddd-eeeeffff9999", "nothing"] {
        let answer = ask_get(&router, &format!("/items/{id}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::CACHE_CONTROL)),
            (404, "no-store")
        );
        assert_eq!(
            answer.header(header::CONTENT_TYPE),
            "text/html; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn other_spellings_of_an_address_lead_to_the_one_that_is_kept() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let shouted = item_page().to_uppercase().replace("/ITEMS/", "/items/");
    let run_on = format!("/items/{}", ITEM.replace('-', ""));
    for other in [shouted, run_on, format!("{}/", item_page())] {
        let answer = ask_get(&router, &other).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::LOCATION)),
            (308, &*item_page())
        );
    }
    assert_eq!(shop.items_read.load(SeqCst), 0);
}

#[tokio::test]
async fn unknown_addresses_share_one_rendering() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let mut answers = Vec::new();
    for number in 0..20 {
        let path = format!("/items/0192aaaa-bbbb-7ccc-8ddd-eeeeffff99{number:02}");
        answers.push(ask_get(&router, &path).await);
    }
    let first = answers[0].text();
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 404 && answer.text() == first)
    );
    // Only checks whether the item exists.
    assert_eq!(shop.items_read.load(SeqCst), 20);
    let icon = ask_get(&router, "/apple-touch-icon-precomposed.png").await;
    assert_eq!((icon.status.as_u16(), icon.body.len()), (404, 0));
    assert_eq!(icon.header(header::CACHE_CONTROL), "public, max-age=300");
}

/// A router whose pages live long, so that only a start or an end can make them unusable.
fn long_lived(shop: &Arc<FakeShop>) -> Router {
    router_with(shop, |site| {
        site.settings.page_life = Duration::from_mins(10);
    })
}

/// The item page's statements about its round's time.
async fn said(router: &Router) -> (bool, bool) {
    let answer = ask_get(router, &item_page()).await;
    let html = answer.text();
    (
        html.contains(" 开始</time>"),
        html.contains(" 已结束</time>"),
    )
}

#[tokio::test]
async fn a_page_from_before_a_start_or_an_end_is_not_shown_after_it() {
    let shop = FakeShop::new();
    let router = long_lived(&shop);
    for (now_ms, opens, has_ended) in [
        (START_MS - 1, true, false),
        (START_MS, false, false),
        (END_MS - 1, false, false),
        (END_MS, false, true),
    ] {
        shop.now_ms.store(now_ms, SeqCst);
        for request in 1..=2 {
            assert_eq!(
                said(&router).await,
                (opens, has_ended),
                "request {request} at {now_ms}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_visitors_right_after_a_start_cost_one_rendering() {
    let once = reads_per_render().await;
    let shop = FakeShop::new();
    let router = long_lived(&shop);
    shop.now_ms.store(START_MS - 1, SeqCst);
    assert_eq!(said(&router).await, (true, false));
    shop.now_ms.store(START_MS, SeqCst);
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let router = router.clone();
            tokio::spawn(async move { said(&router).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), (false, false));
    }
    assert_eq!(shop.items_read.load(SeqCst), 2 * once);
}

#[tokio::test]
async fn a_page_is_rendered_again_if_a_round_starts_meanwhile() {
    let shop = FakeShop::new();
    let router = long_lived(&shop);
    shop.now_ms.store(START_MS - 1, SeqCst);
    // The first rendering has read the clock before the start comes.
    shop.rounds_take_until_ms.store(START_MS, SeqCst);
    assert_eq!(said(&router).await, (false, false));
}

#[tokio::test]
async fn while_an_old_page_is_rendered_again_everybody_gets_the_old_one() {
    let shop = FakeShop::new();
    let router = router_with(&shop, |site| {
        site.settings.page_life = Duration::from_secs(1);
    });
    let first = ask_get(&router, &item_page()).await;
    let read = shop.items_read.load(SeqCst);
    shop.items_wait.store(true, SeqCst);
    let deadline = Instant::now() + Duration::from_secs(20);
    while shop.items_read.load(SeqCst) == read {
        assert!(
            Instant::now() < deadline,
            "the page is never rendered again"
        );
        assert_eq!(ask_get(&router, &item_page()).await.body, first.body);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(ask_get(&router, &item_page()).await.body, first.body);
    shop.items_wait.store(false, SeqCst);
}

#[tokio::test]
async fn a_shared_cache_shows_no_page_beyond_a_start() {
    let shop = FakeShop::new();
    let router = long_lived(&shop);
    for (left_ms, fresh_s, stale_s) in [
        (60_000, 30, 5),
        (34_999, 30, 4),
        (30_000, 30, 0),
        (5_000, 5, 0),
        (999, 0, 0),
    ] {
        shop.now_ms.store(START_MS - left_ms, SeqCst);
        let answer = ask_get(&router, "/").await;
        assert_eq!(
            answer.header(header::CACHE_CONTROL),
            format!("public, max-age=0, s-maxage={fresh_s}, stale-while-revalidate={stale_s}"),
            "{left_ms} ms before the start"
        );
    }
}

#[tokio::test]
async fn the_panel_is_told_how_long_before_the_start_the_shop_asks_questions() {
    let router = router_with(&FakeShop::new(), |site| {
        site.settings.shop.path_opens_before_s = 4321;
    });
    let page = ask_get(&router, &item_page()).await;
    let told = "&quot;opens_before_s&quot;:4321";
    assert!(page.text().contains(told), "{}", page.text());
}
