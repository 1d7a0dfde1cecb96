//! The log's format: text or JSON, with the request that a line is about.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;
use test_servers::http;

use super::{Running, no_data, run};
use crate::support::eventually;

const LIMIT: Duration = Duration::from_secs(30);

/// A server that logs to the file `log` in the folder.
async fn serve(folder: &Path, data: &Path, settings: &[(&str, &str)]) -> Running {
    assert!(run(data, &[], &["migrate"]).status.success());
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut server = Running::serve_into(data, settings, log);
    server.wait_until_ready(LIMIT).await;
    server
}

/// The first line of the log with this text.
async fn line(folder: &Path, words: &str) -> String {
    let found = eventually("a line of the log", async || {
        let text = fs::read_to_string(folder.join("log")).unwrap();
        let mut lines = text.lines();
        lines.find(|line| line.contains(words)).map(str::to_owned)
    });
    found.await
}

#[tokio::test]
async fn the_log_has_no_colours_outside_a_terminal() {
    let (folder, data) = no_data();
    // A worker logs its failed run.
    let settings = [("SECKILL_INJECT_FAULT", "due_releases:before:1:fail")];
    let _server = serve(folder.path(), &data, &settings).await;
    let failed = line(folder.path(), "a worker's run failed").await;
    assert!(failed.contains("WARN"), "{failed}");
    assert!(!failed.contains('\u{1b}'), "{failed}");
    assert!(!failed.contains("request_id"), "no request: {failed}");
}

/// A refused log-in: its log line, and the id in the answer.
async fn refused_log_in(folder: &Path, server: &Running, given: Option<&str>) -> (String, String) {
    let call = http::client().build().unwrap();
    let call = call.post(format!("{}/api/login", server.url));
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    let call = match given {
        Some(id) => call.header("x-request-id", id),
        None => call,
    };
    let call = call.body("mobile=13900000001&password=not%20the%20password");
    let answer = call.send().await.unwrap();
    let id = answer.headers().get("x-request-id").expect("an id");
    let id = id.to_str().unwrap().to_owned();
    let found = eventually("the line", async || {
        let text = fs::read_to_string(folder.join("log")).unwrap();
        let mut lines = text.lines();
        let is_it = |line: &&str| line.contains("log_in_failed") && line.contains(&id);
        lines.find(is_it).map(str::to_owned)
    });
    (found.await, id)
}

#[tokio::test]
async fn a_line_about_a_request_ends_with_the_id_of_its_answer() {
    let (folder, data) = no_data();
    let server = serve(folder.path(), &data, &[]).await;
    let (first, id) = refused_log_in(folder.path(), &server, None).await;
    assert!(first.ends_with(&format!(" request_id={id}")), "{first}");
    let is_digits = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_digits, "{id}");
    // Only our own proxy may choose a request's id.
    let (_, second) = refused_log_in(folder.path(), &server, Some("mine")).await;
    assert_ne!(second, "mine");
    assert_ne!(second, id);
    // Pages and health checks have one too.
    for path in ["/", "/healthz", "/nowhere"] {
        let answer = http::get(format!("{}{path}", server.url)).await.unwrap();
        assert!(answer.headers().contains_key("x-request-id"), "{path}");
    }
}

#[tokio::test]
async fn in_json_a_line_is_an_object_with_its_fields_and_the_trusted_proxy_s_id() {
    let (folder, data) = no_data();
    let settings = [
        ("SECKILL_LOG_FORMAT", "json"),
        ("SECKILL_TRUSTED_PROXIES", "127.0.0.1"),
        ("SECKILL_INJECT_FAULT", "due_releases:before:1:fail"),
    ];
    let server = serve(folder.path(), &data, &settings).await;
    let (refused, id) = refused_log_in(folder.path(), &server, Some("from-nginx.7")).await;
    assert_eq!(id, "from-nginx.7");
    let refused: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!(refused["request_id"], "from-nginx.7");
    assert_eq!(refused["event"], "log_in_failed");
    assert_eq!(refused["level"], "WARN");
    assert_eq!(refused["target"], "seckill::security");
    let long = "x".repeat(65);
    let (_, id) = refused_log_in(folder.path(), &server, Some(&long)).await;
    assert_ne!(id, long);

    // The log has the causes of an error, and every line is valid.
    let failed = line(folder.path(), "a worker's run failed").await;
    let failed: Value = serde_json::from_str(&failed).unwrap();
    let error = failed["error"].as_str().unwrap();
    assert!(error.contains(": "), "{error}");
    assert!(failed.get("request_id").is_none(), "{failed}");
    let text = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(text.contains("the shop is open"), "{text}");
    for line in text.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
