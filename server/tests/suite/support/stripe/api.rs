//! The stand-in over HTTP: keys, versions, and the same answer to the same call.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    KEY,
    account::{Account, Answer, Fields, refusal},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Answered with this status, without an effect.
    Status(u16),
    /// Done, but answered with 500, which is stored with the key.
    Lost,
    /// Never answered.
    Silent,
    /// Answered with invalid JSON.
    Garbage,
    /// Answered with too many bytes.
    Huge,
    /// Refused with a message that repeats the key.
    Talkative,
}

/// A call, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Method and path.
    pub what: String,
    pub key: Option<String>,
}

/// A request and its answer.
struct Kept {
    asked: String,
    status: u16,
    value: Value,
    at_s: i64,
}

pub struct Shared {
    pub account: Account,
    pub failure: Option<Failure>,
    pub calls: Vec<Call>,
    /// By idempotency key; forgotten after a day.
    kept: HashMap<String, Kept>,
}

impl Shared {
    pub fn new(account: Account) -> Shared {
        Shared {
            account,
            failure: None,
            calls: Vec::new(),
            kept: HashMap::new(),
        }
    }
}

pub fn router(shared: Arc<Mutex<Shared>>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 64 * 1024).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let path = parts.uri.path().to_owned();
    if let Some(id) = path.strip_prefix("/c/pay/") {
        let act = fields(&body).remove("act").unwrap_or_default();
        let to = shared.lock().unwrap().account.act(id, &act);
        return match to {
            Some(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
            None => (StatusCode::OK, "this payment is over").into_response(),
        };
    }
    let failure = shared.lock().unwrap().failure;
    if failure == Some(Failure::Silent) {
        std::future::pending::<()>().await;
    }
    let query = parts.uri.query().unwrap_or_default();
    let (status, repeated, value) =
        shared
            .lock()
            .unwrap()
            .call(&parts.method, &path, query, &parts.headers, &body);
    let status = StatusCode::from_u16(status).unwrap();
    let repeated = repeated.to_string();
    match failure {
        Some(Failure::Garbage) => (status, "<html>a proxy's words").into_response(),
        Some(Failure::Huge) => (status, "x".repeat(1_000_000)).into_response(),
        _ => {
            let headers = [("idempotent-replayed", repeated)];
            (status, headers, value.to_string()).into_response()
        }
    }
}

fn fields(encoded: &str) -> Fields {
    let url = reqwest::Url::parse(&format!("http://localhost/?{encoded}")).unwrap();
    url.query_pairs().into_owned().collect()
}

impl Shared {
    /// Returns the status, whether it is a repeated answer, and the answer.
    fn call(
        &mut self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: &str,
    ) -> (u16, bool, Value) {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        let key = header("idempotency-key").map(str::to_owned);
        self.calls.push(Call {
            what: format!("{method} {path}"),
            key: key.clone(),
        });
        let authorized = header("authorization") == Some(&*format!("Bearer {KEY}"));
        let refused = match self.failure {
            Some(Failure::Status(status)) => Some(refusal(status, "", "not now")),
            Some(Failure::Talkative) => Some(refusal(
                401,
                "",
                &format!("Invalid API Key provided: {KEY}"),
            )),
            _ if !authorized => Some(refusal(401, "", "Invalid API Key provided")),
            _ if header("stripe-version").is_none() => Some(refusal(400, "", "no version")),
            // Stripe does not require a key, but the shop promises one.
            _ if method == Method::POST && key.is_none() => Some(refusal(400, "", "no key")),
            _ => None,
        };
        if let Some((status, value)) = refused {
            return (status, false, value);
        }
        self.account.expire();
        let Some(key) = key.filter(|_| method == Method::POST) else {
            let (status, value) = split(self.read(path, &fields(query)));
            return (status, false, value);
        };
        assert!(key.len() <= 255, "{key}");
        let asked = format!("{path} {body}");
        let now_s = self.account.now_s();
        self.kept.retain(|_, kept| kept.at_s > now_s - 24 * 3_600);
        if let Some(kept) = self.kept.get(&key) {
            return match kept.asked == asked {
                true => (kept.status, true, kept.value.clone()),
                false => {
                    let (status, value) = refusal(400, "idempotency_error", "another call");
                    (status, false, value)
                }
            };
        }
        let (mut status, mut value) = split(self.write(path, &fields(body)));
        if self.failure == Some(Failure::Lost) {
            (status, value) = refusal(500, "", "something went wrong");
        }
        // Invalid calls are not stored.
        if status != 400 {
            let kept = Kept {
                asked,
                status,
                value: value.clone(),
                at_s: now_s,
            };
            self.kept.insert(key, kept);
        }
        (status, false, value)
    }

    fn read(&self, path: &str, query: &Fields) -> Answer {
        match path.strip_prefix("/v1/checkout/sessions/") {
            Some(id) => self.account.retrieve(id, query),
            None if path == "/v1/refunds" => Ok(self.account.list_refunds(query)),
            None => Err(refusal(404, "", "Unrecognized request URL")),
        }
    }

    fn write(&mut self, path: &str, form: &Fields) -> Answer {
        let session = path.strip_prefix("/v1/checkout/sessions/");
        match (path, session.and_then(|rest| rest.strip_suffix("/expire"))) {
            (_, Some(id)) => self.account.expire_now(id),
            ("/v1/checkout/sessions", None) => self.account.create(form),
            ("/v1/refunds", None) => self.account.refund(form),
            _ => Err(refusal(404, "", "Unrecognized request URL")),
        }
    }
}

fn split(answer: Answer) -> (u16, Value) {
    answer.map_or_else(|refused| refused, |value| (200, value))
}
