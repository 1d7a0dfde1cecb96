//! The shipped nginx configuration, in front of fake instances.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use reqwest::{Client, Method};
use tokio::{net::TcpListener, task::JoinHandle};

use test_servers::{free_port, http, nginx::Nginx, wait_until};

/// A fake instance of the shop.
struct Instance {
    port: u16,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Instance {
    /// Answers every request with a description of it.
    async fn telling() -> Instance {
        Instance::answering(|request| {
            let word = |name: &str| {
                let value = request.headers().get(name);
                value.map_or("", |value| value.to_str().unwrap()).to_owned()
            };
            format!(
                "{} {} {} {}",
                request.method(),
                request.uri(),
                word("host"),
                word("x-forwarded-for")
            )
            .into_response()
        })
        .await
    }

    async fn answering(answer: fn(&Request) -> Response) -> Instance {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let router = Router::new().fallback(async move |request: Request| {
            counted.fetch_add(1, Ordering::SeqCst);
            answer(&request)
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Instance {
            port: listener.local_addr().unwrap().port(),
            asked,
            task: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }),
        }
    }

    /// Receives a request and closes the connection.
    async fn dying() -> Instance {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut head = [0];
                if stream.peek(&mut head).await.is_ok_and(|read| read > 0) {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Instance { port, asked, task }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn client() -> Client {
    // Requests to loopback bypass any proxy of the machine.
    http::client().build().unwrap()
}

async fn get(nginx: &Nginx, path: &str) -> reqwest::Response {
    get_taking(nginx, path, "identity").await
}

async fn get_taking(nginx: &Nginx, path: &str, encodings: &str) -> reqwest::Response {
    let request = client()
        .get(nginx.url() + path)
        .header(header::ACCEPT_ENCODING, encodings);
    request.send().await.unwrap()
}

async fn purchase(nginx: &Nginx) -> reqwest::Response {
    let url = nginx.url() + "/seckill/0123456789abcdef";
    let request = client()
        .post(url)
        .header(header::CONTENT_TYPE, "application/json");
    request.body(r#"{"item_id":"1"}"#).send().await.unwrap()
}

fn header_of(response: &reqwest::Response, name: header::HeaderName) -> &str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

async fn is_busy_call(response: reqwest::Response) {
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header_of(&response, header::RETRY_AFTER), "1");
    let body = response.text().await.unwrap();
    assert_eq!(body, r#"{"error":"busy","retry_after_s":1}"#);
}

#[tokio::test]
async fn instances_get_the_client_address_and_the_host() {
    let instance = Instance::telling().await;
    let nginx = Nginx::start(&[instance.port]);
    let request = client().get(nginx.url() + "/items/7?a=b");
    let request = request.header("x-forwarded-for", "6.6.6.6");
    let told = request.send().await.unwrap().text().await.unwrap();
    let host = nginx.url().replace("http://", "");
    assert_eq!(told, format!("GET /items/7?a=b {host} 6.6.6.6, 127.0.0.1"));
}

#[tokio::test]
async fn a_sent_purchase_is_not_sent_again() {
    let (one, other) = (Instance::dying().await, Instance::dying().await);
    let nginx = Nginx::start(&[one.port, other.port]);
    is_busy_call(purchase(&nginx).await).await;
    assert_eq!(one.asked() + other.asked(), 1);
}

#[tokio::test]
async fn reads_are_retried_at_another_instance() {
    let (dying, living) = (Instance::dying().await, Instance::telling().await);
    let nginx = Nginx::start(&[dying.port, living.port]);
    for _ in 0..4 {
        assert_eq!(get(&nginx, "/api/clock").await.status(), StatusCode::OK);
    }
    assert_eq!(living.asked(), 4);
    assert!(dying.asked() > 0, "both instances are used");
}

#[tokio::test]
async fn purchases_skip_an_unreachable_instance() {
    let living = Instance::telling().await;
    let nginx = Nginx::start(&[free_port(), living.port]);
    for _ in 0..4 {
        assert_eq!(purchase(&nginx).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn without_any_instance_visitors_get_busy() {
    let nginx = Nginx::start(&[free_port(), free_port()]);
    is_busy_call(purchase(&nginx).await).await;
    let page = get(&nginx, "/").await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        header_of(&page, header::CONTENT_TYPE),
        "text/html; charset=utf-8"
    );
    assert_eq!(header_of(&page, header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn metrics_are_not_public() {
    let instance = Instance::telling().await;
    let nginx = Nginx::start(&[instance.port]);
    let refused = get(&nginx, "/metrics").await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    assert_eq!(instance.asked(), 0);
    assert_eq!(get(&nginx, "/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_the_instances_error() {
    let instance = Instance::telling().await;
    let nginx = Nginx::start(&[instance.port]);
    let request = client().post(nginx.url() + "/api/login");
    let response = request.body(vec![b'a'; 17 * 1024]).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let body = response.text().await.unwrap();
    assert_eq!(body, r#"{"error":"invalid","field":"body"}"#);
    assert_eq!(instance.asked(), 0);
}

#[tokio::test]
async fn a_flood_from_one_address_is_cut_off() {
    let instance = Instance::telling().await;
    let nginx = Nginx::start(&[instance.port]);
    let (client, url) = (client(), nginx.url() + "/api/clock");
    let all = (0..600).map(|_| client.get(&url).send());
    let answers = futures::future::join_all(all).await;
    let (mut served, mut refused) = (0, 0);
    for answer in answers {
        let answer = answer.unwrap();
        if answer.status() == StatusCode::OK {
            served += 1;
        } else {
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
            for (name, value) in SAID_TO_BROWSERS {
                let said: Vec<_> = answer.headers().get_all(name).iter().collect();
                assert_eq!(said, [value], "{name}");
            }
            let body = answer.text().await.unwrap();
            assert_eq!(body, r#"{"error":"rate_limited","retry_after_s":1}"#);
            refused += 1;
        }
    }
    assert!(served >= 200, "a burst passes: {served}");
    assert!(refused > 0);
}

#[tokio::test]
async fn assets_come_from_the_folder_in_the_best_accepted_encoding() {
    let instance = Instance::telling().await;
    let nginx = Nginx::start(&[instance.port]);
    fs::create_dir(nginx.site().join("pkg")).unwrap();
    for (end, form) in [("", "plain"), (".br", "as br"), (".gz", "as gz")] {
        let file = nginx.site().join(format!("pkg/seckill.abc.js{end}"));
        fs::write(file, form).unwrap();
    }
    fs::write(nginx.site().join("secret.txt"), "not ours to show").unwrap();

    for (takes, encoding, bytes) in [
        ("gzip, deflate, br, zstd", "br", "as br"),
        ("br", "br", "as br"),
        ("gzip;q=0.5", "gzip", "as gz"),
        ("gzip, br;q=0", "gzip", "as gz"),
        ("gzip, br;q=0.5", "br", "as br"),
        ("identity", "", "plain"),
        ("brotli", "", "plain"),
    ] {
        let answer = get_taking(&nginx, "/pkg/seckill.abc.js", takes).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            header_of(&answer, header::CONTENT_ENCODING),
            encoding,
            "{takes}"
        );
        assert_eq!(
            header_of(&answer, header::CONTENT_TYPE),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(header_of(&answer, header::VARY), "Accept-Encoding");
        let life = "public, max-age=31536000, immutable";
        assert_eq!(header_of(&answer, header::CACHE_CONTROL), life);
        assert_eq!(answer.text().await.unwrap(), bytes, "{takes}");
    }
    assert_eq!(instance.asked(), 0);

    let refused = get(&nginx, "/pkg/seckill.abc.js.br").await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    let elsewhere = get(&nginx, "/secret.txt").await.text().await.unwrap();
    assert!(elsewhere.starts_with("GET /secret.txt"), "{elsewhere}");
}

#[tokio::test]
async fn an_asset_of_another_version_is_fetched_from_an_instance() {
    let old = Instance::answering(|_| StatusCode::NOT_FOUND.into_response()).await;
    let new = Instance::telling().await;
    let nginx = Nginx::start(&[old.port, new.port]);
    for _ in 0..4 {
        let answer = get(&nginx, "/pkg/seckill.new.wasm").await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let picture = get(&nginx, "/products/new.svg").await;
    assert_eq!(picture.status(), StatusCode::OK);
}

#[tokio::test]
async fn instances_own_refusals_pass_unchanged() {
    let instance = Instance::answering(|_| {
        let body = Body::from(r#"{"error":"busy","retry_after_s":7}"#);
        let mut response = (StatusCode::SERVICE_UNAVAILABLE, body).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, 7.into());
        response
    })
    .await;
    let nginx = Nginx::start(&[instance.port]);
    let answer = client().request(Method::POST, nginx.url() + "/api/path");
    let answer = answer.send().await.unwrap();
    assert_eq!(header_of(&answer, header::RETRY_AFTER), "7");
    assert_eq!(instance.asked(), 1);
}

#[tokio::test]
async fn an_instance_that_is_busy_stays_in_and_nobody_is_asked_twice() {
    const CALLS: usize = 20;
    let busy = Instance::answering(|_| StatusCode::SERVICE_UNAVAILABLE.into_response()).await;
    let other = Instance::telling().await;
    let nginx = Nginx::start(&[busy.port, other.port]);
    for _ in 0..CALLS / 2 {
        get(&nginx, "/api/stock?item_id=7").await;
        purchase(&nginx).await;
    }
    assert_eq!((busy.asked(), other.asked()), (CALLS / 2, CALLS / 2));
}

#[tokio::test]
async fn a_request_has_one_id_everywhere_and_no_client_chooses_it() {
    let echoing = Instance::answering(|request| {
        let id = request.headers().get("x-request-id").cloned();
        [("x-request-id", id.unwrap())].into_response()
    });
    let instance = echoing.await;
    let nginx = Nginx::start(&[instance.port]);
    let request = client().request(Method::GET, nginx.url() + "/items/7");
    let request = request.header("x-request-id", "chosen");
    let answer = request.send().await.unwrap();
    let ids: Vec<_> = answer.headers().get_all("x-request-id").iter().collect();
    let [id] = ids[..] else {
        panic!("one id: {ids:?}");
    };
    let id = id.to_str().unwrap();
    assert_eq!(id.len(), 32, "{id}");
    wait_until("the line", || nginx.access_log().contains("/items/7"));
    let log = nginx.access_log();
    assert!(log.contains(id) && !log.contains("chosen"), "{log}");
}

#[tokio::test]
async fn hidden_addresses_are_not_in_the_log() {
    let instance = Instance::telling().await;
    let nginx = Nginx::start(&[instance.port]);
    purchase(&nginx).await;
    get(&nginx, "/api/reservation?reservation_id=8").await;
    wait_until("both lines", || nginx.access_log().lines().count() == 2);
    let log = nginx.access_log();
    assert!(log.contains("\"POST /seckill/*\" 200"), "{log}");
    assert!(log.contains("\"GET /api/reservation\" 200"), "{log}");
}

#[tokio::test]
async fn hidden_addresses_are_not_in_the_error_log_when_a_purchase_is_refused_or_breaks_off() {
    let dying = Instance::dying().await;
    let nginx = Nginx::start(&[dying.port]);
    is_busy_call(purchase(&nginx).await).await;
    let page = get(&nginx, "/items/7").await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    let flood: Vec<_> = (0..400).map(|_| purchase(&nginx)).collect();
    let answers = futures::future::join_all(flood).await;
    let refused = answers
        .iter()
        .filter(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.count() > 0);
    wait_until("a line of the page", || {
        nginx.error_log().contains("/items/7")
    });
    let log = nginx.error_log();
    assert!(!log.contains("/seckill/"), "{log}");
    assert!(!log.contains("limiting requests"), "{log}");
    let log = nginx.access_log();
    assert!(!log.contains("0123456789abcdef"), "{log}");
}

/// Headers of every answer.
const SAID_TO_BROWSERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

#[tokio::test]
async fn nginx_s_own_answers_have_the_same_security_headers() {
    let nginx = Nginx::start(&[free_port()]);
    for folder in ["pkg", "products"] {
        fs::create_dir(nginx.site().join(folder)).unwrap();
    }
    fs::write(nginx.site().join("pkg/seckill.abc.js"), "plain").unwrap();
    fs::write(nginx.site().join("products/kettle.svg"), "plain").unwrap();
    let ask = |head: &str, more: &str| {
        let request = format!("{head}\r\nHost: shop.example\r\nConnection: close\r\n{more}\r\n");
        (head.to_owned(), nginx.raw(&request))
    };
    let large = format!("Content-Length: {}\r\n", 17 * 1024);
    let answers = [
        ("200", ask("GET /pkg/seckill.abc.js HTTP/1.1", "")),
        ("200", ask("GET /products/kettle.svg HTTP/1.1", "")),
        ("404", ask("GET /pkg/seckill.abc.js.br HTTP/1.1", "")),
        ("404", ask("GET /metrics HTTP/1.1", "")),
        (
            "405",
            ask("POST /pkg/seckill.abc.js HTTP/1.1", "Content-Length: 0\r\n"),
        ),
        ("405", ask("TRACE / HTTP/1.1", "")),
        ("400", ask("GET /%%% HTTP/1.1", "")),
        ("400", ask("nonsense", "")),
        (
            "414",
            ask(&format!("GET /{} HTTP/1.1", "x".repeat(9_000)), ""),
        ),
        (
            "400",
            ask("GET / HTTP/1.1", &format!("A: {}\r\n", "x".repeat(9_000))),
        ),
        ("422", ask("POST /api/login HTTP/1.1", &large)),
        ("503", ask("GET / HTTP/1.1", "")),
        (
            "503",
            ask("POST /seckill/ab HTTP/1.1", "Content-Length: 0\r\n"),
        ),
    ];
    for (status, (request, answer)) in answers {
        let request = &request[..request.len().min(40)];
        let begin = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&begin), "{request}: {answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for (name, value) in SAID_TO_BROWSERS {
            let is_it = |line: &&str| line.eq_ignore_ascii_case(&format!("{name}: {value}"));
            let said = head.lines().filter(is_it).count();
            assert_eq!(said, 1, "{request}: {name} in {answer}");
        }
        let is_kept = head.contains("immutable") || head.contains("max-age=3600");
        assert_eq!(is_kept, status == "200", "{request}: {answer}");
        assert!(!body.contains("nginx"), "{request}: {answer}");
    }
}
