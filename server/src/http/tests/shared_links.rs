//! Data for previews of links and for search engines.

use std::{fs, sync::atomic::Ordering::SeqCst};

use app::wire::Language;
use axum::{Router, body::Body, http::header};
use serde_json::Value;

use super::{
    END_MS, FakeShop, GOOD_TOKEN, ITEM, START_MS, ask, ask_get, get, router_for, router_with,
};

const SHOP: &str = "https://shop.example";

fn item_page(language: &str) -> String {
    format!("/items/{ITEM}?lang={language}")
}

/// The router of a shop that knows its own address.
fn found_at_home(shop: &std::sync::Arc<FakeShop>) -> Router {
    router_with(shop, |site| site.settings.shop_url = Some(SHOP.to_owned()))
}

/// The head of a page.
async fn head(router: &Router, path: &str) -> String {
    let answer = ask_get(router, path).await;
    assert_eq!(answer.status, 200, "{path}");
    let html = answer.text();
    html.split_once("</head>").expect("a head").0.to_owned()
}

/// The content of the meta tags with this name or property.
fn said(head: &str, name: &str) -> Vec<String> {
    let tags = head.split("<meta ").skip(1);
    let tags = tags.map(|tag| tag.split_once('>').expect("an end of the tag").0);
    let named = tags.filter(|tag| tag.contains(&format!("=\"{name}\"")));
    let content = named.map(|tag| {
        let (_, after) = tag.split_once("content=\"").expect("a content");
        after.split_once('"').expect("its end").0.to_owned()
    });
    content.collect()
}

/// The offer in the page's data.
fn data(head: &str) -> Value {
    let (_, after) = head
        .split_once("<script type=\"application/ld+json\">")
        .expect("data");
    let (json, _) = after.split_once("</script>").expect("its end");
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn a_preview_shows_the_price_and_the_sale_times() {
    let router = found_at_home(&FakeShop::new());
    for (language, title, description, locale) in [
        (
            "zh",
            "¥99 茶壶",
            "抢购时间：2027年1月15日 16:00 至 17:00（北京时间）。好茶壶",
            "zh_CN",
        ),
        (
            "en",
            "¥99 Teapot",
            "On sale 15 Jan 2027, 16:00 to 17:00 (UTC+8). Pours well",
            "en_US",
        ),
    ] {
        let head = head(&router, &item_page(language)).await;
        for (name, content) in [
            ("og:title", title),
            ("og:description", description),
            ("description", description),
            ("og:type", "product"),
            ("og:locale", locale),
            ("og:url", &format!("{SHOP}{}", item_page(language))),
            ("og:image", &format!("{SHOP}/share.png")),
            ("og:image:width", "1200"),
            ("og:image:height", "630"),
        ] {
            assert_eq!(said(&head, name), [content], "{name}: {head}");
        }
    }
}

#[tokio::test]
async fn a_picture_that_previews_do_not_show_has_one_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("products")).unwrap();
    fs::write(folder.path().join("products/teapot.share.png"), "png").unwrap();
    let router = router_with(&FakeShop::new(), |site| {
        site.settings.shop_url = Some(SHOP.to_owned());
        site.built.root = folder.path().to_owned();
    });
    let head = head(&router, &item_page("en")).await;
    let picture = format!("{SHOP}/products/teapot.share.png");
    assert_eq!(said(&head, "og:image"), [&*picture]);
    assert_eq!(data(&head)["image"], *picture);
    let answer = ask_get(&router, "/products/teapot.share.png").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "png"));
}

#[tokio::test]
async fn the_start_page_names_the_nearest_sale() {
    let router = found_at_home(&FakeShop::new());
    let head = head(&router, "/?lang=en").await;
    let description = said(&head, "og:description").concat();
    assert!(
        description.starts_with("The nearest sale: 15 Jan 2027, 16:00 to 17:00 (UTC+8)."),
        "{description}"
    );
    assert_eq!(said(&head, "og:title"), ["Flash sales · On the Dot"]);
    assert_eq!(said(&head, "og:type"), ["website"]);
}

#[tokio::test]
async fn the_offer_as_data_follows_the_phase() {
    let shop = FakeShop::new();
    let router = found_at_home(&shop);
    for (now_ms, availability) in [
        (START_MS - 1, "PreOrder"),
        (START_MS, "InStock"),
        (END_MS, "OutOfStock"),
    ] {
        shop.now_ms.store(now_ms, SeqCst);
        let product = data(&head(&router, &item_page("en")).await);
        assert_eq!(product["@type"], "Product");
        assert_eq!(product["name"], "Teapot");
        let offer = &product["offers"];
        assert_eq!(offer["price"], "99.00");
        assert_eq!(offer["priceCurrency"], "CNY");
        assert_eq!(offer["validFrom"], "2027-01-15T16:00:00+08:00");
        assert_eq!(offer["url"], format!("{SHOP}{}", item_page("en")));
        let expected = format!("https://schema.org/{availability}");
        assert_eq!(offer["availability"], expected, "at {now_ms}");
    }
}

#[tokio::test]
async fn a_hostile_title_stays_a_title() {
    let shop = FakeShop::new();
    let hostile = "\"></title><script>alert(1)</script><!--";
    *shop.titles_end.lock().unwrap() = hostile.to_owned();
    let router = found_at_home(&shop);
    for path in [item_page("en"), "/?lang=en".to_owned()] {
        let answer = ask_get(&router, &path).await;
        let html = answer.text();
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(!html.contains("alert(1)</script><!--"), "{html}");
    }
    let head = head(&router, &item_page("en")).await;
    assert_eq!(data(&head)["name"], format!("Teapot{hostile}"));
    let title = said(&head, "og:title").concat();
    assert!(title.starts_with("¥99 Teapot&quot;"), "{title}");
}

#[tokio::test]
async fn data_for_search_engines_is_no_script_that_the_policy_allows() {
    let router = found_at_home(&FakeShop::new());
    let answer = ask_get(&router, &item_page("en")).await;
    let policy = answer.header(header::CONTENT_SECURITY_POLICY);
    let scripts = answer.text().matches("<script").count();
    let others = answer.text().matches("<script src=").count();
    // The data script, and scripts with an address, need no hash.
    assert_eq!(policy.matches("'sha256-").count(), scripts - others - 1);
    assert!(
        answer
            .text()
            .contains("<script type=\"application/ld+json\">")
    );
}

#[tokio::test]
async fn each_language_has_an_address_of_its_own_that_the_others_name() {
    let shop = FakeShop::new();
    let router = found_at_home(&shop);
    for language in Language::ALL {
        let path = item_page(language.code());
        let head = head(&router, &path).await;
        assert!(
            head.contains(&format!("<link href=\"{SHOP}{path}\" rel=\"canonical\"")),
            "{head}"
        );
        for (tag, address) in [
            ("zh-CN", item_page("zh")),
            ("en", item_page("en")),
            ("x-default", format!("/items/{ITEM}")),
        ] {
            let link = format!("href=\"{SHOP}{address}\" hreflang=\"{tag}\" rel=\"alternate\"");
            assert!(head.contains(&link), "{link}: {head}");
        }
    }
}

#[tokio::test]
async fn the_language_in_an_address_outranks_cookie_and_browser_and_shares_the_kept_page() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let chinese = |path: &str| {
        get(path)
            .header(header::COOKIE, "seckill_lang=zh")
            .header(header::ACCEPT_LANGUAGE, "zh-CN")
    };
    let english = ask(&router, chinese(&item_page("en")), Body::empty()).await;
    assert_eq!(english.header(header::CONTENT_LANGUAGE), "en");
    assert_eq!(english.header(header::SET_COOKIE), "", "for this once");
    let read = shop.items_read.load(SeqCst);
    let chosen = get(&format!("/items/{ITEM}")).header(header::COOKIE, "seckill_lang=en");
    let chosen = ask(&router, chosen, Body::empty()).await;
    assert_eq!(chosen.body, english.body);
    assert_eq!(
        chosen.header(header::ETAG),
        english.header(header::ETAG),
        "the same page"
    );
    assert_eq!(shop.items_read.load(SeqCst), read, "not rendered again");
    for unknown in ["/?lang=fr", "/?lang=", "/?lang", "/?language=en"] {
        let answer = ask(&router, chinese(unknown), Body::empty()).await;
        assert_eq!(
            answer.header(header::CONTENT_LANGUAGE),
            "zh-CN",
            "{unknown}"
        );
    }
    let login = ask(&router, chinese("/login?next=/&lang=en"), Body::empty()).await;
    assert_eq!(login.header(header::CONTENT_LANGUAGE), "en");
}

#[tokio::test]
async fn a_callers_host_header_is_on_no_page() {
    let shop = FakeShop::new();
    for router in [router_for(&shop), found_at_home(&shop)] {
        for path in ["/", "/sitemap.xml", "/robots.txt", &item_page("en")] {
            let evil = axum::http::Request::get(path)
                .header(header::HOST, "evil.example")
                .header("x-forwarded-host", "evil.example");
            let evil = ask(&router, evil, Body::empty()).await;
            assert!(!evil.text().contains("evil"), "{path}: {}", evil.text());
            let other = ask_get(&router, path).await;
            assert_eq!(evil.body, other.body, "{path}");
        }
    }
}

#[tokio::test]
async fn a_shop_without_an_address_omits_links_that_need_it() {
    let router = router_for(&FakeShop::new());
    let head = head(&router, &item_page("en")).await;
    for absent in ["og:url", "og:image", "canonical", "hreflang"] {
        assert!(!head.contains(absent), "{absent}: {head}");
    }
    assert_eq!(said(&head, "og:title"), ["¥99 Teapot"]);
    assert!(data(&head)["offers"].get("url").is_none());
    let sitemap = ask_get(&router, "/sitemap.xml").await;
    assert_eq!(sitemap.status, 404);
    let robots = ask_get(&router, "/robots.txt").await;
    assert!(!robots.text().contains("Sitemap"), "{}", robots.text());
}

#[tokio::test]
async fn search_engines_find_every_public_page_and_no_other() {
    let shop = FakeShop::new();
    let router = found_at_home(&shop);
    let answer = ask_get(&router, "/sitemap.xml").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(header::CONTENT_TYPE)),
        (200, "application/xml; charset=utf-8")
    );
    let addresses: Vec<_> = answer
        .text()
        .split("<loc>")
        .skip(1)
        .map(|after| after.split_once("</loc>").unwrap().0.to_owned())
        .collect();
    for path in ["/?lang=zh", "/?lang=en", &item_page("zh"), &item_page("en")] {
        assert!(
            addresses.contains(&format!("{SHOP}{path}")),
            "{addresses:?}"
        );
    }
    for address in &addresses {
        let path = address.strip_prefix(SHOP).unwrap();
        let page = ask_get(&router, path).await;
        assert_eq!(page.status, 200, "{path}");
        let canonical = format!("<link href=\"{address}\" rel=\"canonical\"");
        assert!(page.text().contains(&canonical), "{path}");
    }
    shop.broken.store(true, SeqCst);
    assert_eq!(ask_get(&router, "/sitemap.xml").await.status, 503);
}

#[tokio::test]
async fn search_engines_are_kept_from_personal_pages() {
    let router = found_at_home(&FakeShop::new());
    let robots = ask_get(&router, "/robots.txt").await;
    let lines: Vec<_> = robots.text().lines().collect();
    assert_eq!(lines[0], "User-agent: *");
    for path in ["/admin", "/orders", "/api/", "/seckill/", "/account"] {
        let line = format!("Disallow: {path}");
        assert!(lines.contains(&&*line), "{path}: {lines:?}");
    }
    assert_eq!(
        lines.last(),
        Some(&&*format!("Sitemap: {SHOP}/sitemap.xml"))
    );
    for path in ["/admin", "/admin/rounds", "/orders", "/login", "/nowhere"] {
        let request = get(path).header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
        let answer = ask(&router, request, Body::empty()).await;
        let is_page = answer.header(header::CONTENT_TYPE).starts_with("text/html");
        assert!(
            !is_page || answer.header("x-robots-tag") == "noindex",
            "{path}"
        );
    }
    // These redirect visitors who are signed in.
    for path in ["/login", "/register"] {
        let answer = ask_get(&router, path).await;
        assert!(answer.header(header::CONTENT_TYPE).starts_with("text/html"));
        assert_eq!(answer.header("x-robots-tag"), "noindex", "{path}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "private, no-store");
    }
    let public = ask_get(&router, "/").await;
    assert_eq!(public.header("x-robots-tag"), "");
}

#[tokio::test]
async fn a_telephone_learns_the_shops_name_in_the_pages_language() {
    let router = router_for(&FakeShop::new());
    for (language, name) in [("zh", "准点"), ("en", "On the Dot")] {
        let head = head(&router, &format!("/?lang={language}")).await;
        let address = format!("/manifest.webmanifest?lang={language}");
        let link = format!("<link rel=\"manifest\" href=\"{address}\"");
        assert!(head.contains(&link), "{head}");
        // Browsers request it without cookies.
        let answer = ask_get(&router, &address).await;
        assert_eq!(
            answer.header(header::CONTENT_TYPE),
            "application/manifest+json"
        );
        let manifest: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (&manifest["name"], &manifest["start_url"]),
            (&name.into(), &"/".into())
        );
        assert!(manifest["icons"].as_array().unwrap().len() >= 2);
    }
}
