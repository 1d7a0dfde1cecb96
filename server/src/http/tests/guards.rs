//! The layers in front of the routes: limits, CSRF, headers, probes.

use std::sync::{Arc, atomic::Ordering::SeqCst};

use app::{api::LoginCookie, wire::ApiError};
use axum::{body::Body, http::header};

use super::{
    FORM, FakeShop, ITEM, JSON, OnePart, ask, ask_from, ask_get,
    fake_shop::{NOISY, UNKNOWABLE_TOKEN},
    get, post, router_for, router_with,
};

#[tokio::test]
async fn an_address_that_sends_too_much_is_told_when_to_come_back() {
    let router = router_for(&FakeShop::new());
    for path in ["/", "/api/clock", "/captcha/x.png", "/nowhere"] {
        let answer = ask_from(&router, NOISY, get(path), Body::empty()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::RETRY_AFTER)),
            (429, "3"),
            "{path}"
        );
        assert_eq!(answer.error(), ApiError::RateLimited { retry_after_s: 3 });
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = ask_from(&router, NOISY, get(path), Body::empty()).await;
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_address_is_the_callers_and_not_the_proxys() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let through_proxy = get("/api/clock").header("x-forwarded-for", "6.6.6.6, 198.51.100.1");
    ask_from(&router, "10.0.0.1", through_proxy, Body::empty()).await;
    let pretending = get("/api/clock").header("x-forwarded-for", "198.51.100.2");
    ask_from(&router, "203.0.113.9", pretending, Body::empty()).await;
    let seen: Vec<_> = shop
        .admitted
        .lock()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(seen, ["198.51.100.1", "203.0.113.9"]);
}

#[tokio::test]
async fn nothing_is_changed_for_another_site() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    for path in [
        "/api/logout",
        "/api/captcha",
        "/language",
        "/seckill/00000000000000000000000000000000",
    ] {
        let foreign = get(path)
            .method("POST")
            .header("sec-fetch-site", "cross-site")
            .header(header::COOKIE, "seckill_login=good");
        let answer = ask(&router, foreign, "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (403, ApiError::Forbidden),
            "{path}"
        );
    }
    assert!(shop.purchases.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_store_that_does_not_answer_costs_the_api_and_not_the_pages() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    let with_token =
        |path: &str| get(path).header(header::COOKIE, format!("seckill_login={UNKNOWABLE_TOKEN}"));
    let answer = ask(&router, with_token("/api/me"), Body::empty()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (503, ApiError::Busy { retry_after_s: 1 })
    );
    let answer = ask(&router, with_token("/login"), Body::empty()).await;
    assert_eq!(answer.status, 200);

    shop.tokens_read.store(0, SeqCst);
    for path in [
        "/".to_owned(),
        format!("/items/{ITEM}"),
        "/captcha/x.png".to_owned(),
    ] {
        ask(&router, with_token(&path), Body::empty()).await;
    }
    assert_eq!(
        shop.tokens_read.load(SeqCst),
        0,
        "nobody looks at the visitor there"
    );
}

#[tokio::test]
async fn a_page_s_forms_lead_to_the_page_where_buyers_pay() {
    let router = router_with(&FakeShop::new(), |site| {
        site.settings.pay_page = Some("https://pay.example".to_owned());
    });
    let answer = ask_get(&router, "/").await;
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://pay.example;"),
        "{policy}"
    );
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let router = router_for(&FakeShop::new());
    for path in [
        "/",
        "/login",
        "/nowhere",
        "/api/clock",
        "/healthz",
        "/pkg/none.js",
    ] {
        let answer = ask_get(&router, path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
    }
    let router = router_with(&FakeShop::new(), |site| site.settings.cookie.secure = true);
    for path in ["/", "/api/clock"] {
        let answer = ask_get(&router, path).await;
        assert!(
            answer
                .header("strict-transport-security")
                .starts_with("max-age="),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_language_switch_leads_back_and_nowhere_else() {
    let router = router_for(&FakeShop::new());
    for (next, to) in [
        ("/orders", "/orders"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("", "/"),
    ] {
        let answer = ask(
            &router,
            post("/language", FORM),
            format!("to=en&next={next}"),
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::LOCATION)),
            (303, to),
            "{next}"
        );
        let cookie = answer.header(header::SET_COOKIE);
        assert!(
            cookie.starts_with("seckill_lang=en; Path=/; SameSite=Lax; HttpOnly; Max-Age="),
            "{cookie}"
        );
    }
    // Behind TLS no other host of the domain can set it, and nobody on the network can read it.
    let behind_tls = router_with(&FakeShop::new(), |site| {
        site.settings.cookie = LoginCookie { secure: true };
    });
    let answer = ask(&behind_tls, post("/language", FORM), "to=en").await;
    let cookie = answer.header(header::SET_COOKIE);
    assert!(
        cookie.starts_with("__Host-seckill_lang=en; Path=/; "),
        "{cookie}"
    );
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    let english = get("/").header(header::COOKIE, "__Host-seckill_lang=en");
    let page = ask(&behind_tls, english, Body::empty()).await;
    assert_eq!(page.header(header::CONTENT_LANGUAGE), "en");
    for (content_type, body) in [(FORM, "to=fr"), (FORM, "next=/"), (JSON, "{}")] {
        let answer = ask(&router, post("/language", content_type), body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert!(matches!(answer.error(), ApiError::Invalid { .. }));
    }
}

#[tokio::test]
async fn readiness_names_the_missing_server() {
    let answer = ask_get(&router_for(&FakeShop::new()), "/readyz").await;
    assert_eq!(answer.status, 200);
    let broken = router_with(&FakeShop::new(), |site| {
        site.readiness = Arc::new(OnePart(false));
    });
    let answer = ask_get(&broken, "/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("ledger") && answer.text().contains("gone"));
    assert_eq!(
        ask_get(&broken, "/healthz").await.status,
        200,
        "alive all the same"
    );
}
