//! The pages with the shop's own texts, and the links to them.

use std::fs;

use app::routes::TextPage;
use axum::{body::Body, http::header};

use super::{FakeShop, GOOD_TOKEN, ITEM, ask, ask_get, get, router_for, router_with};
use crate::texts;

#[tokio::test]
async fn every_shoppers_page_leads_to_help_contact_terms_privacy_and_returns_in_both_languages() {
    let router = router_for(&FakeShop::new());
    for path in [
        "/",
        "/login",
        "/nowhere",
        "/help",
        &format!("/items/{ITEM}"),
    ] {
        for (language, help) in [("zh", "帮助"), ("en", "Help")] {
            let answer = ask_get(&router, &format!("{path}?lang={language}")).await;
            let (_, footer) = answer.text().split_once("<footer").expect("a footer");
            for page in TextPage::ALL {
                assert!(
                    footer.contains(&format!("href=\"{}\"", page.path())),
                    "{footer}"
                );
            }
            assert!(footer.contains(&format!(">{help}</a>")), "{path}: {footer}");
        }
    }
}

#[tokio::test]
async fn help_says_how_a_sale_is_kept_fair_in_both_languages() {
    let router = router_for(&FakeShop::new());
    for (language, words) in [
        ("zh", ["每人限购一件", "先到先得", "退回的商品"]),
        (
            "en",
            [
                "One unit per buyer",
                "First come, first served",
                "Units come back",
            ],
        ),
    ] {
        let answer = ask_get(&router, &format!("/help?lang={language}")).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("<h2 id=\"fairness\">"));
        for sentence in words {
            assert!(answer.text().contains(sentence), "{sentence}");
        }
    }
}

#[tokio::test]
async fn a_text_that_the_shop_has_not_written_is_marked_as_a_placeholder() {
    let router = router_for(&FakeShop::new());
    for page in TextPage::ALL {
        for (language, words) in [("zh", "本店还没有填写"), ("en", "This shop has not ")] {
            let path = format!("{}?lang={language}", page.path());
            let answer = ask_get(&router, &path).await;
            let is_said = answer.text().contains(words);
            assert_eq!(is_said, page != TextPage::Help, "{path}");
        }
    }
}

#[tokio::test]
async fn texts_are_the_same_for_everybody_and_kept() {
    let router = router_for(&FakeShop::new());
    let stranger = ask_get(&router, "/terms").await;
    let known = get("/terms").header(header::COOKIE, format!("seckill_login={GOOD_TOKEN}"));
    let known = ask(&router, known, Body::empty()).await;
    assert_eq!(stranger.body, known.body);
    let tag = stranger.header(header::ETAG);
    assert!(
        stranger
            .header(header::CACHE_CONTROL)
            .starts_with("public, ")
    );
    let again = get("/terms").header(header::IF_NONE_MATCH, tag);
    assert_eq!(ask(&router, again, Body::empty()).await.status, 304);
    let slash = ask_get(&router, "/terms/").await;
    assert_eq!(
        (slash.status.as_u16(), slash.header(header::LOCATION)),
        (308, "/terms")
    );
}

#[tokio::test]
async fn an_untranslated_text_declares_its_language() {
    let folder = tempfile::tempdir().unwrap();
    let written = "# 条款\n\n先付款，后发货。<script>alert(1)</script>";
    fs::write(folder.path().join("terms.zh.md"), written).unwrap();
    let router = router_with(&FakeShop::new(), |site| {
        site.texts = texts::load(Some(folder.path())).unwrap();
    });
    let chinese = ask_get(&router, "/terms?lang=zh").await;
    assert!(
        chinese.text().contains("<h1>条款</h1>"),
        "{}",
        chinese.text()
    );
    assert!(!chinese.text().contains("<script>alert"));
    let english = ask_get(&router, "/terms?lang=en").await;
    assert!(english.text().contains("先付款，后发货。"));
    assert!(
        english.text().contains("<article lang=\"zh-CN\""),
        "{}",
        english.text()
    );
    assert!(english.text().contains("<html lang=\"en\""));
}
