//! An account through the real router and engine, with a browser without scripts and with a program: its
//! password, its log-ins, and their log lines and metrics.

mod events;
mod second_factor;

use std::net::{IpAddr, SocketAddr};

use app::wire::{ApiError, LogIn};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};

use tower::ServiceExt;

use crate::{
    pages::{get, html, readable, site},
    support::TestShop,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const WECHAT: &str = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/140.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0";
const PASSWORD: &str = "four unrelated words";

/// A person with a browser that keeps its cookie.
struct Person {
    router: Router,
    ip: IpAddr,
    browser: &'static str,
    cookie: Option<String>,
}

/// The answer to a request.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn location(&self) -> &str {
        let location = self.headers.get(header::LOCATION);
        location.map_or("", |location| location.to_str().unwrap())
    }

    fn error(&self) -> ApiError {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Person {
    fn at(router: &Router, ip: [u8; 4], browser: &'static str) -> Person {
        Person {
            router: router.clone(),
            ip: ip.into(),
            browser,
            cookie: None,
        }
    }

    fn token(&self) -> &str {
        self.cookie.as_deref().unwrap_or_default()
    }

    /// Sends a form, and keeps the answer's cookie.
    async fn send(&mut self, path: &str, accept: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let field = |(name, value): &(&str, &str)| format!("{name}={}", encoded(value));
        let body: Vec<String> = fields.iter().map(field).collect();
        let request = self
            .asking(Request::post(path))
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.answer(request.body(Body::from(body.join("&"))).unwrap());
        let answer = answer.await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            if let Some(token) = cookie.strip_prefix("seckill_login=") {
                self.cookie = Some(token.to_owned());
            }
        }
        answer
    }

    /// Sends a form like a browser without scripts.
    async fn browser_sends(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(path, "text/html", fields).await
    }

    /// Sends a form like a program.
    async fn program_sends(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(path, "application/json", fields).await
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.asking(Request::get(path)).body(Body::empty()).unwrap();
        self.answer(request).await
    }

    fn asking(&self, request: axum::http::request::Builder) -> axum::http::request::Builder {
        let request = request
            .header(header::HOST, "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::USER_AGENT, self.browser)
            .extension(ConnectInfo(SocketAddr::new(self.ip, 40_000)));
        match &self.cookie {
            Some(token) => request.header(header::COOKIE, format!("seckill_login={token}")),
            None => request,
        }
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    async fn registers(&mut self, mobile: &str) {
        let form = [
            ("mobile", mobile),
            ("password", PASSWORD),
            ("nickname", "Lin"),
        ];
        let answer = self.browser_sends("/api/register", &form).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/")
        );
    }

    async fn signs_in(&mut self, mobile: &str, password: &str) -> Answer {
        let form = [("mobile", mobile), ("password", password)];
        self.browser_sends("/api/login", &form).await
    }

    async fn is_signed_in(&self) -> bool {
        self.get("/api/me").await.body != b"null"
    }

    async fn log_ins(&self) -> Vec<LogIn> {
        serde_json::from_slice(&self.get("/api/log_ins").await.body).unwrap()
    }

    async fn page(&self, path: &str) -> String {
        String::from_utf8(self.get(path).await.body).unwrap()
    }
}

/// Moves the clock so that limits allow new tries.
fn later(shop: &TestShop) {
    shop.clock.advance(10_000);
}

#[tokio::test]
async fn common_passwords_are_refused_with_a_reason_and_none_is_truncated() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let mut person = Person::at(&router, [10, 1, 0, 1], FIREFOX);
    let long = "a long sentence. ".repeat(15);
    assert_eq!(long.len(), 255);
    let too_long = long.clone() + "xx";
    for (password, field, words) in [
        ("12345678", "password_common", "would soon be guessed"),
        ("13800138001", "password_common", "would soon be guessed"),
        ("Lin Lin Lin", "password_common", "would soon be guessed"),
        ("1234567", "password", "Too short: a password has 8 to 256"),
        (&too_long, "password_long", "at most 256 characters"),
    ] {
        let form = [
            ("mobile", "13800138001"),
            ("password", password),
            ("nickname", "Lin"),
        ];
        later(&shop);
        let refused = person.program_sends("/api/register", &form).await;
        let expected = ApiError::Invalid {
            field: field.to_owned(),
        };
        assert_eq!((refused.status.as_u16(), refused.error()), (422, expected));
        let back = person.browser_sends("/api/register", &form).await;
        let page = person.page(back.location()).await;
        assert!(page.contains(words), "{password}: {page}");
    }
    let page = person.page("/register").await;
    assert!(!page.contains("minlength"), "{page}");
    let password_field = page.split("id=\"password\"").nth(1).unwrap();
    let password_field = password_field.split('>').next().unwrap();
    assert!(!password_field.contains("maxlength"), "{password_field}");

    later(&shop);
    let form = [
        ("mobile", "13800138001"),
        ("password", &*long),
        ("nickname", "Lin"),
    ];
    person.browser_sends("/api/register", &form).await;
    assert!(person.is_signed_in().await);
    person.cookie = None;
    later(&shop);
    person.signs_in("13800138001", &long[..254]).await;
    assert!(!person.is_signed_in().await, "one character less");
    later(&shop);
    person.signs_in("13800138001", &long).await;
    assert!(person.is_signed_in().await);
}

#[tokio::test]
async fn a_stolen_log_in_ends_with_a_new_password_without_javascript() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let mut owner = Person::at(&router, [10, 1, 0, 2], FIREFOX);
    owner.registers("13800138002").await;
    let mut thief = Person::at(&router, [10, 1, 0, 3], "curl/8.11.0");
    // A copy of the owner's cookie.
    thief.cookie.clone_from(&owner.cookie);
    assert!(thief.is_signed_in().await);

    let page = owner.page("/account").await;
    for part in [
        "action=\"/api/password\"",
        "autocomplete=\"current-password\"",
        "autocomplete=\"new-password\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for (current, new, words) in [
        (
            "not the password",
            "other unrelated words",
            "not the present password",
        ),
        (PASSWORD, "password1", "would soon be guessed"),
        (PASSWORD, "zyxwvut", "Too short"),
    ] {
        later(&shop);
        let form = [("current_password", current), ("new_password", new)];
        let back = owner.browser_sends("/api/password", &form).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER);
        let page = owner.page(back.location()).await;
        assert!(page.contains(words), "{words}: {page}");
        let typed = page.contains(current) || page.contains(new);
        assert!(!typed, "no password comes back: {page}");
    }
    assert!(thief.is_signed_in().await, "nothing was changed");

    later(&shop);
    let form = [
        ("current_password", PASSWORD),
        ("new_password", "other unrelated words"),
    ];
    let back = owner.browser_sends("/api/password", &form).await;
    assert_eq!(back.location(), "/account?done=password");
    let page = owner.page(back.location()).await;
    assert!(page.contains("The password is changed"), "{page}");
    assert!(!thief.is_signed_in().await);
    assert_eq!(owner.log_ins().await.len(), 1);
    later(&shop);
    thief.signs_in("13800138002", PASSWORD).await;
    assert!(!thief.is_signed_in().await);

    let stranger = thief.program_sends("/api/password", &form).await;
    assert_eq!(stranger.error(), ApiError::Unauthenticated);
    let stranger = thief.browser_sends("/api/password", &form).await;
    assert_eq!(stranger.location(), "/login?next=/account");
}

#[tokio::test]
async fn log_ins_are_listed_with_their_devices_and_ended_one_by_one_or_all() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let mut desk = Person::at(&router, [10, 1, 0, 4], FIREFOX);
    desk.registers("13800138003").await;
    let mut others = Vec::new();
    for (last, browser) in [(5, WECHAT), (6, "curl/8.11.0"), (7, "<b>你好</b>")] {
        later(&shop);
        let mut other = Person::at(&router, [10, 1, 0, last], browser);
        other.signs_in("13800138003", PASSWORD).await;
        assert!(other.is_signed_in().await);
        others.push(other);
    }
    let shown: Vec<_> = desk
        .log_ins()
        .await
        .into_iter()
        .map(|log_in| (log_in.device, log_in.ip, log_in.is_current))
        .collect();
    let expected = [
        ("", "10.1.0.7", false),
        ("curl", "10.1.0.6", false),
        ("WeChat · Android", "10.1.0.5", false),
        ("Firefox · Linux", "10.1.0.4", true),
    ];
    let expected = expected.map(|(device, ip, is_current)| (device.into(), ip.into(), is_current));
    assert_eq!(shown, expected);
    for language in ["zh", "en"] {
        let page = get(&router, "/account", language, Some(desk.token())).await;
        assert_eq!(page.headers()[header::CACHE_CONTROL], "private, no-store");
        let page = html(page).await;
        assert!(!page.contains("<b>"), "{page}");
        insta::assert_snapshot!(format!("account_{language}"), readable(&page));
    }

    let wechat = desk.log_ins().await[2].log_in_id.clone();
    let form = [("log_in_id", &*wechat), ("password", PASSWORD)];
    let mut stranger = Person::at(&router, [10, 1, 0, 8], FIREFOX);
    stranger.registers("13800138004").await;
    let refused = stranger.program_sends("/api/log_ins/end", &form).await;
    assert_eq!(refused.error(), ApiError::NotFound);
    let guess = [("log_in_id", &*wechat), ("password", "a wrong guess")];
    let back = desk.browser_sends("/api/log_ins/end", &guess).await;
    let page = desk.page(back.location()).await;
    let said = page.matches("not the present password").count();
    assert_eq!(said, 1, "{page}");
    assert!(others[0].is_signed_in().await);
    let back = desk.browser_sends("/api/log_ins/end", &form).await;
    assert_eq!(back.location(), "/account?done=ended");
    assert!(
        desk.page(back.location())
            .await
            .contains("Signed out there")
    );
    assert!(!others[0].is_signed_in().await);
    let again = desk.browser_sends("/api/log_ins/end", &form).await;
    let page = desk.page(again.location()).await;
    assert!(page.contains("was signed out already"), "{page}");

    later(&shop);
    let form = [("password", PASSWORD)];
    let back = desk.browser_sends("/api/log_ins/end_others", &form).await;
    assert_eq!(back.location(), "/account?done=ended");
    assert!(!others[1].is_signed_in().await && !others[2].is_signed_in().await);
    assert!(desk.is_signed_in().await && stranger.is_signed_in().await);
    let page = desk.page("/account").await;
    assert!(!page.contains("End all others"), "there are none: {page}");
}

#[tokio::test]
async fn a_new_log_in_ends_the_one_it_replaces() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let mut browser = Person::at(&router, [10, 1, 0, 9], FIREFOX);
    browser.registers("13800138005").await;
    let mut elsewhere = Person::at(&router, [10, 1, 0, 10], WECHAT);
    elsewhere.signs_in("13800138005", PASSWORD).await;
    let mut replaced = vec![browser.token().to_owned()];
    later(&shop);
    // The same account again, then another one.
    browser.signs_in("13800138005", PASSWORD).await;
    replaced.push(browser.token().to_owned());
    browser.registers("13800138006").await;
    assert!(browser.is_signed_in().await && elsewhere.is_signed_in().await);
    for token in replaced {
        let mut thief = Person::at(&router, [10, 1, 0, 11], "curl");
        thief.cookie = Some(token);
        assert!(!thief.is_signed_in().await);
    }

    later(&shop);
    let failed = browser.signs_in("13800138005", "not the password").await;
    assert!(failed.location().contains("error=unauthenticated"));
    assert!(
        browser.is_signed_in().await,
        "a try that fails ends nothing"
    );
}
