//! The interface for other programs: statuses, envelopes, caching of the calls.

use std::time::Duration;

use app::wire::ApiError;
use axum::{
    body::Body,
    http::{StatusCode, header},
};
use futures::stream;

use super::{
    FORM, FakeShop, GOOD_TOKEN, ITEM, JSON, START_MS, ask, ask_get, get, post, router_for,
    router_with,
};

fn invalid(field: &str) -> ApiError {
    ApiError::Invalid {
        field: field.to_owned(),
    }
}

#[tokio::test]
async fn every_error_has_its_status_and_its_envelope() {
    let shop = FakeShop::new();
    let router = router_for(&shop);
    for (error, status, retry_after) in [
        (ApiError::Unauthenticated, 401, ""),
        (ApiError::Forbidden, 403, ""),
        (ApiError::Banned, 403, ""),
        (ApiError::CaptchaWrong, 403, ""),
        (ApiError::PathInvalid, 403, ""),
        (ApiError::NotFound, 404, ""),
        (ApiError::NotStarted, 409, ""),
        (ApiError::SoldOut, 409, ""),
        (ApiError::Stopped, 409, ""),
        (ApiError::OrderState, 409, ""),
        (
            ApiError::AlreadyReserved {
                reservation_id: None,
            },
            409,
            "",
        ),
        (ApiError::Ended, 410, ""),
        (invalid("order_id"), 422, ""),
        (ApiError::RateLimited { retry_after_s: 3 }, 429, "3"),
        (ApiError::Busy { retry_after_s: 7 }, 503, "7"),
        (ApiError::QueueOnly, 503, "10"),
        (ApiError::NoLogIns, 503, "10"),
        (ApiError::ReadingOnly, 503, "10"),
        (
            ApiError::Internal {
                trace_id: "t".to_owned(),
            },
            500,
            "",
        ),
    ] {
        *shop.refusal.lock().unwrap() = Some(error.clone());
        let answer = ask_get(&router, &format!("/api/order?order_id={ITEM}")).await;
        assert_eq!(answer.status, status, "{error}");
        assert_eq!(answer.header(header::RETRY_AFTER), retry_after, "{error}");
        assert_eq!(answer.error(), error);
    }
}

#[tokio::test]
async fn an_unreadable_request_gets_the_faulty_field() {
    let router = router_for(&FakeShop::new());
    for (body, field) in [
        (r#"{"item_id":"12"}"#, "item_id"),
        ("{}", "item_id"),
        ("not json", "body"),
        ("", "body"),
    ] {
        let answer = ask(&router, post("/api/captcha", JSON), body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (422, invalid(field)),
            "{body}"
        );
    }
    let answer = ask_get(&router, "/api/item?item_id=12").await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (422, invalid("item_id"))
    );
    let answer = ask(&router, post("/api/login", FORM), "mobile=1").await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (422, invalid("password"))
    );
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let router = router_for(&FakeShop::new());
    let question = format!(r#"{{"item_id":"{ITEM}"}}"#);
    for wrong in [
        "text/plain",
        FORM,
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ] {
        let answer = ask(&router, post("/api/captcha", wrong), question.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (422, invalid("body")),
            "{wrong}"
        );
    }
    let answer = ask(&router, post("/api/login", JSON), "{}").await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (422, invalid("body"))
    );
    for right in [JSON, "application/json; charset=utf-8", "Application/JSON"] {
        let answer = ask(&router, post("/api/captcha", right), question.clone()).await;
        assert_eq!(answer.error(), ApiError::Unauthenticated, "{right}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let router = router_for(&FakeShop::new());
    let large = " ".repeat(16 * 1024 + 1);
    let chunks = stream::iter(
        large
            .clone()
            .into_bytes()
            .chunks(1000)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>(),
    );
    let unannounced = Body::from_stream(futures::StreamExt::map(chunks, Ok::<_, std::io::Error>));
    let announced = post("/api/captcha", JSON).header(header::CONTENT_LENGTH, large.len());
    for (request, body) in [
        (announced, Body::from(large)),
        (post("/api/captcha", JSON), unannounced),
    ] {
        let answer = ask(&router, request, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (422, invalid("body"))
        );
    }
}

#[tokio::test]
async fn unknown_addresses_are_answered_in_the_envelope_too() {
    let router = router_for(&FakeShop::new());
    let answer = ask_get(&router, "/api/nothing").await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (404, ApiError::NotFound)
    );
    let answer = ask_get(&router, "/api/captcha").await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (405, ApiError::NotFound)
    );
    let answer = ask(&router, post("/api/rounds", JSON), "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (405, ApiError::NotFound)
    );
}

#[tokio::test]
async fn a_slow_call_is_answered_at_the_time_limit() {
    let router = router_with(&FakeShop::new(), |site| {
        site.settings.request_timeout = Duration::from_millis(20);
    });
    let answer = ask_get(&router, &format!("/api/reservation?reservation_id={ITEM}")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.error(), ApiError::Busy { retry_after_s: 1 });
}

#[tokio::test]
async fn a_bug_costs_one_request_and_tells_nothing() {
    let router = router_for(&FakeShop::new());
    let answer = ask_get(&router, &format!("/api/my_reservation?item_id={ITEM}")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(matches!(answer.error(), ApiError::Internal { trace_id } if trace_id.len() == 32));
    assert!(!answer.text().contains("own words"));
}

#[tokio::test]
async fn a_form_is_answered_with_a_redirect_and_a_program_with_json() {
    let router = router_for(&FakeShop::new());
    let browser = || post("/api/login", FORM).header(header::ACCEPT, "text/html,*/*;q=0.8");
    let answer = ask(&router, browser(), "mobile=1&password=right&next=/orders").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(header::LOCATION)),
        (303, "/orders")
    );
    assert!(
        answer
            .header(header::SET_COOKIE)
            .starts_with("seckill_login=good")
    );
    let answer = ask(
        &router,
        browser(),
        "mobile=1&password=right&next=//evil.example",
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(header::LOCATION)),
        (303, "/")
    );

    let to_the_panel = "next=/items/7%23buy";
    let right = format!("mobile=1&password=right&{to_the_panel}");
    let answer = ask(&router, browser(), right).await;
    assert_eq!(answer.header(header::LOCATION), "/items/7#buy");
    let wrong = format!("mobile=1&password=wrong&{to_the_panel}");
    let answer = ask(&router, browser(), wrong).await;
    let location = answer.header(header::LOCATION);
    assert!(location.ends_with("&next=/items/7%23buy"), "{location}");

    let answer = ask(&router, browser(), "mobile=1&password=wrong").await;
    assert_eq!(answer.status, 303);
    assert!(
        answer
            .header(header::LOCATION)
            .starts_with("/login?error=unauthenticated&")
    );
    // The sign-in failed; the typed text is kept for the form.
    assert!(
        answer
            .header(header::SET_COOKIE)
            .starts_with("seckill_form=")
    );
    assert_eq!(answer.header("serverfnerror"), "");

    let answer = ask(&router, post("/api/login", FORM), "mobile=1&password=right").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header(header::SET_COOKIE)
            .starts_with("seckill_login=good")
    );
    assert!(
        answer.text().contains("\"nickname\":\"Lin\""),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_call_that_is_no_form_never_redirects() {
    let router = router_for(&FakeShop::new());
    let linked = |path: &str| {
        get(path)
            .header(header::ACCEPT, "text/html")
            .header(header::REFERER, "https://evil.example/")
    };
    let answer = ask(&router, linked("/api/rounds"), Body::empty()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(header::LOCATION)),
        (200, "")
    );
    let answer = ask(&router, linked("/api/orders"), Body::empty()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (401, ApiError::Unauthenticated)
    );
}

#[tokio::test]
async fn the_catalogue_may_be_kept_for_a_moment_and_nothing_else() {
    let router = router_for(&FakeShop::new());
    for path in [
        "/api/rounds".to_owned(),
        format!("/api/item?item_id={ITEM}"),
    ] {
        assert_eq!(
            ask_get(&router, &path).await.header(header::CACHE_CONTROL),
            "public, max-age=5"
        );
    }
    for path in [
        "/api/me",
        "/api/clock",
        "/api/nothing",
        "/api/item?item_id=12",
    ] {
        assert_eq!(
            ask_get(&router, path).await.header(header::CACHE_CONTROL),
            "no-store",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_token_works_as_a_cookie_and_as_a_bearer() {
    let router = router_for(&FakeShop::new());
    let cookie = get("/api/me").header(header::COOKIE, format!("a=b; seckill_login={GOOD_TOKEN}"));
    let bearer = get("/api/me").header(header::AUTHORIZATION, format!("Bearer {GOOD_TOKEN}"));
    for request in [cookie, bearer] {
        let answer = ask(&router, request, Body::empty()).await;
        assert!(answer.text().contains("Lin"), "{}", answer.text());
    }
    let unknown = get("/api/me").header(header::COOKIE, "seckill_login=old");
    assert_eq!(ask(&router, unknown, Body::empty()).await.text(), "null");
}

#[tokio::test]
async fn a_picture_is_there_as_long_as_its_question() {
    let router = router_for(&FakeShop::new());
    let answer = ask_get(&router, "/captcha/00000000-0000-0000-0000-000000000003.png").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body[..]),
        (200, &b"\x89PNG"[..])
    );
    assert_eq!(answer.header(header::CONTENT_TYPE), "image/png");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    for gone in ["00000000-0000-0000-0000-000000000009.png", "x.png", "a"] {
        let answer = ask_get(&router, &format!("/captcha/{gone}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (404, ApiError::NotFound),
            "{gone}"
        );
    }
}

#[tokio::test]
async fn a_buyers_reservations_are_for_that_buyer_only() {
    let router = router_for(&FakeShop::new());
    let answer = ask_get(&router, "/api/reservations").await;
    assert_eq!(
        (answer.status.as_u16(), answer.error()),
        (401, ApiError::Unauthenticated)
    );
    let request = get("/api/reservations");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {GOOD_TOKEN}"));
    let answer = ask(&router, request, Body::empty()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(header::CACHE_CONTROL)),
        (200, "no-store")
    );
    let title = serde_json::json!({"zh": "茶壶", "en": "Teapot"});
    let reservations: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        reservations,
        serde_json::json!([
            {
                "reservation_id": "00000000-0000-0000-0000-000000000004",
                "item_id": ITEM,
                "title": title,
                "picture_url": "/products/teapot.svg",
                "state": "queued",
                "position": 61,
                "held_at_ms": START_MS,
            },
            {
                "reservation_id": "00000000-0000-0000-0000-000000000005",
                "item_id": ITEM,
                "title": title,
                "picture_url": "/products/teapot.svg",
                "state": "failed",
                "reason": "busy",
                "held_at_ms": START_MS + 60_000,
            },
        ])
    );
}
