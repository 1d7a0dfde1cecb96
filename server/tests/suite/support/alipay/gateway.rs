//! The stand-in's gateway over HTTP: checks of signatures, the page of an order, and signed answers.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    ALIPAY_KEY, APP, SHOP_KEY,
    account::{Account, seconds},
    signature::{Fields, Signer, decoded, signed_text},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Answered with this status, without an effect.
    Status(u16),
    /// Done, but answered with 500.
    Lost,
    /// Never answered.
    Silent,
    /// Answered with invalid JSON.
    Garbage,
    /// Answered with too many bytes.
    Huge,
    /// Refused with these codes, signed.
    Refused(&'static str, &'static str),
    /// Refused with these codes, without a signature.
    Unsigned(&'static str, &'static str),
    /// Done, but answered with another key's signature.
    WrongKey,
    /// Done, but the answer was changed after it was signed.
    Changed,
    /// Answered with the signed answer for another trade.
    Replayed,
}

/// A call, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: String,
    pub content: Value,
}

pub struct Shared {
    pub account: Account,
    pub failure: Option<Failure>,
    pub calls: Vec<Call>,
}

impl Shared {
    pub fn new(account: Account) -> Shared {
        Shared {
            account,
            failure: None,
            calls: Vec::new(),
        }
    }
}

pub fn router(shared: Arc<Mutex<Shared>>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    assert_eq!(parts.uri.path(), "/gateway.do");
    let query = decoded(parts.uri.query().unwrap_or_default());
    let body = to_bytes(body, 64 * 1024).await.unwrap();
    let form = decoded(std::str::from_utf8(&body).unwrap());
    if query
        .get("method")
        .is_some_and(|name| name == "alipay.trade.page.pay")
    {
        return page(&mut shared.lock().unwrap(), &parts.method, query, &form);
    }
    assert_eq!(parts.method, Method::POST);
    let failure = shared.lock().unwrap().failure;
    if failure == Some(Failure::Silent) {
        std::future::pending::<()>().await;
    }
    let text = match failure {
        Some(Failure::Status(status)) => {
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        Some(Failure::Garbage) => return "<html>a proxy's words".into_response(),
        Some(Failure::Huge) => return "x".repeat(1_000_000).into_response(),
        _ => shared.lock().unwrap().call(query, form),
    };
    match failure {
        Some(Failure::Lost) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => ([(header::CONTENT_TYPE, "text/html;charset=utf-8")], text).into_response(),
    }
}

/// The page of an order. Returns where the buyer goes after an action.
fn page(shared: &mut Shared, method: &Method, query: Fields, form: &Fields) -> Response {
    let Some((_, content)) = understood(query.clone(), &Fields::new()) else {
        return "the parameters are wrong".into_response();
    };
    shared.account.expire();
    let done = match (method, form.get("act")) {
        (&Method::POST, Some(act)) => shared.account.act(&content, act),
        _ => false,
    };
    match done {
        true => (
            StatusCode::SEE_OTHER,
            [(header::LOCATION, &query["return_url"])],
        )
            .into_response(),
        false => "scan the code, or log in".into_response(),
    }
}

/// The method of a request and its content, if it has the shop's signature.
fn understood(mut fields: Fields, form: &Fields) -> Option<(String, Value)> {
    let sign = fields.remove("sign")?;
    fields.extend(form.clone());
    let is = |name: &str, value: &str| fields.get(name).is_some_and(|found| found == value);
    let all = [
        ("app_id", APP),
        ("charset", "utf-8"),
        ("format", "JSON"),
        ("sign_type", "RSA2"),
        ("version", "1.0"),
    ];
    let fits = all.iter().all(|(name, value)| is(name, value));
    seconds(fields.get("timestamp")?)?;
    let content = serde_json::from_str(fields.get("biz_content")?).ok()?;
    let signed = Signer::new(SHOP_KEY).has_signed(&signed_text(&fields), &sign);
    (fits && signed).then(|| (fields["method"].clone(), content))
}

impl Shared {
    fn call(&mut self, query: Fields, form: Fields) -> String {
        let near = |time: &String| {
            let time = seconds(time);
            time.is_some_and(|time_s| (time_s - self.account.now_s()).abs() <= 1)
        };
        let in_time = query.get("timestamp").is_some_and(near);
        let understood = understood(query, &form).filter(|_| in_time);
        let Some((method, content)) = understood else {
            let refused = refusal("40002", "isv.invalid-signature");
            return envelope("error_response", &refused, Some(ALIPAY_KEY));
        };
        self.calls.push(Call {
            method: method.clone(),
            content: content.clone(),
        });
        let name = format!("{}_response", method.replace('.', "_"));
        let answer = match self.failure {
            Some(Failure::Refused(code, sub_code)) => refusal(code, sub_code),
            Some(Failure::Unsigned(code, sub_code)) => {
                return envelope("error_response", &refusal(code, sub_code), None);
            }
            _ => match self.account.call(&method, &content) {
                Err(sub_code) => refusal("40004", sub_code),
                Ok(mut answer) => {
                    answer["code"] = "10000".into();
                    answer["msg"] = "Success".into();
                    answer
                }
            },
        };
        match self.failure {
            Some(Failure::WrongKey) => envelope(&name, &answer, Some(SHOP_KEY)),
            Some(Failure::Changed) => {
                let signed = envelope(&name, &answer, Some(ALIPAY_KEY));
                let changed = signed.replacen("99.00", "99.01", 1);
                changed.replacen("\"fund_change\":\"N\"", "\"fund_change\":\"Y\"", 1)
            }
            Some(Failure::Replayed) => {
                let mut other = answer;
                other["out_trade_no"] = "another".into();
                other["trade_no"] = "1".into();
                envelope(&name, &other, Some(ALIPAY_KEY))
            }
            _ => envelope(&name, &answer, Some(ALIPAY_KEY)),
        }
    }
}

fn refusal(code: &str, sub_code: &str) -> Value {
    json!({ "code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "不可以" })
}

/// A signed answer, as sent. Slashes are escaped, as in some libraries: after signing if requested, otherwise before.
fn envelope(name: &str, answer: &Value, key: Option<&str>) -> String {
    let plain = answer.to_string();
    let answer = plain.replace('/', "\\/");
    let signed = match name.ends_with("query_response") {
        true => &plain,
        false => &answer,
    };
    match key {
        None => format!("{{\"{name}\":{answer}}}"),
        Some(key) => {
            let sign = Signer::new(key).sign(signed).replace('/', "\\/");
            format!("{{\"{name}\":{answer},\"sign\":\"{sign}\"}}")
        }
    }
}
