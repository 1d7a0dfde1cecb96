//! Calls to Alipay's gateway: signed, with limits of time, number and size, tried once. Callers retry. An answer is
//! accepted only with Alipay's signature.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use reqwest::{RequestBuilder, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    NAME,
    keys::{AlipayKey, ShopKey},
    shapes::{self, Outcome},
};
use crate::{
    chain::Chain,
    engine::ports::{Clock, PortError},
};

/// Time limit for an answer; after it the result is unknown.
const CALL: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(2);
/// Largest answer; real ones have less than 10 kB.
const LARGEST: usize = 256 * 1024;
/// Concurrent calls; others wait, within their own time limit.
const AT_ONCE: usize = 32;
/// Longest message of Alipay's in our log.
const MESSAGE: usize = 300;
/// The code of every successful call.
const SUCCESS: &str = "10000";
/// Codes of calls to retry later: Alipay is unavailable, or was called too often.
const LATER: [&str; 2] = ["20000", "40005"];

/// The parameter with the content of a call, in JSON, and the one with the signature of all others.
pub const CONTENT: &str = "biz_content";
pub const SIGN: &str = "sign";

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum AlipayError {
    /// No answer in time, too many calls, or a failure at Alipay: the result is unknown.
    #[error("{0}")]
    Unanswered(String),
    /// Alipay refused, with a valid signature.
    #[error("refused with {message}")]
    Refused {
        /// Alipay's code for the reason.
        sub_code: String,
        /// Alipay's whole message.
        message: String,
    },
    /// An answer, or the data for a request, is not usable.
    #[error("{0}")]
    Unusable(String),
}

impl From<AlipayError> for PortError {
    fn from(error: AlipayError) -> Self {
        match error {
            AlipayError::Unanswered(detail) => PortError::busy(NAME, detail),
            refused => PortError::failed(NAME, refused),
        }
    }
}

/// The parameters of a call. Sorted by name, the order in which Alipay signs.
pub type Parameters = BTreeMap<&'static str, String>;

/// The gateway for one application.
pub struct Api {
    client: reqwest::Client,
    gateway_url: String,
    app_id: String,
    key: ShopKey,
    alipay_key: AlipayKey,
    clock: Arc<dyn Clock>,
    permits: Semaphore,
}

impl Api {
    /// Makes no call yet.
    pub fn new(
        gateway_url: String,
        app_id: String,
        key: ShopKey,
        alipay_key: AlipayKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(Policy::none())
            .user_agent(concat!("seckill/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| PortError::failed(NAME, error))?;
        Ok(Self {
            client,
            gateway_url,
            app_id,
            key,
            alipay_key,
            clock,
            permits: Semaphore::new(AT_ONCE),
        })
    }

    /// The address of API calls and of the pages for buyers.
    pub fn gateway_url(&self) -> &str {
        &self.gateway_url
    }

    /// Characters of a signature before URL encoding.
    pub fn signature_len(&self) -> usize {
        self.key.signature_len()
    }

    /// The parameters of every call of `method`, without content and signature.
    pub fn parameters(&self, method: &str, at_ms: i64) -> Result<Parameters, AlipayError> {
        let no_such_day = || AlipayError::Unusable("a time that has no date".to_owned());
        let timestamp = shapes::time(at_ms).ok_or_else(no_such_day)?;
        Ok(BTreeMap::from([
            ("app_id", self.app_id.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", timestamp),
            ("version", "1.0".to_owned()),
        ]))
    }

    pub fn sign(&self, parameters: &Parameters) -> Result<String, AlipayError> {
        let pairs = parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let signed = self.key.sign(&pairs.collect::<Vec<_>>().join("&"));
        signed.map_err(|error| AlipayError::Unusable(format!("cannot sign: {error}")))
    }

    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        content: &Value,
    ) -> Result<T, AlipayError> {
        let content = content.to_string();
        let mut parameters = self.parameters(method, self.clock.now_ms())?;
        parameters.insert(CONTENT, content.clone());
        let sign = self.sign(&parameters)?;
        // As in Alipay's own libraries: the charset must be known before the body is read.
        parameters.remove(CONTENT);
        parameters.insert(SIGN, sign);
        let request = self.client.post(&self.gateway_url).query(&parameters);
        let (status, body) = self.send(request.form(&[(CONTENT, content)])).await?;
        if status != StatusCode::OK {
            return Err(not_done(status));
        }
        self.read(method, &body)
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), AlipayError> {
        let answer = async {
            let permit = self.permits.acquire().await;
            let _permit = permit.map_err(|error| AlipayError::Unanswered(error.to_string()))?;
            let mut response = request.send().await.map_err(unanswered)?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
                if body.len() + chunk.len() > LARGEST {
                    let too_large = format!("an answer is larger than {LARGEST} bytes");
                    return Err(AlipayError::Unusable(too_large));
                }
                body.extend_from_slice(&chunk);
            }
            Ok((response.status(), body))
        };
        let late = |_| AlipayError::Unanswered(format!("no answer within {} s", CALL.as_secs()));
        timeout(CALL, answer).await.map_err(late)?
    }

    /// Checks the raw bytes, or those with unescaped slashes: Alipay's own libraries try both.
    fn has_signed(&self, answer: &str, sign: &str) -> bool {
        let key = &self.alipay_key;
        let unescaped = || answer.replace("\\/", "/");
        key.has_signed(answer.as_bytes(), sign)
            || answer.contains("\\/") && key.has_signed(unescaped().as_bytes(), sign)
    }

    /// Checks the signature on the raw bytes first; only then parses the signed part.
    fn read<T: DeserializeOwned>(&self, method: &str, body: &[u8]) -> Result<T, AlipayError> {
        let unreadable = |what: &str| AlipayError::Unusable(format!("an answer {what}"));
        let parts: HashMap<&str, &RawValue> =
            serde_json::from_slice(body).map_err(|_| unreadable("is no JSON"))?;
        let answer = format!("{}_response", method.replace('.', "_"));
        let answer = parts.get(&*answer).or_else(|| parts.get("error_response"));
        let answer = answer.ok_or_else(|| unreadable("has another name"))?.get();
        let sign = parts.get(SIGN).and_then(|sign| {
            // A string, or nothing that could be a signature.
            serde_json::from_str::<String>(sign.get()).ok()
        });
        let is_signed = sign.is_some_and(|sign| self.has_signed(answer, &sign));
        let outcome: Outcome = serde_json::from_str(answer).unwrap_or_default();
        if !is_signed {
            return Err(unsigned(&outcome));
        }
        if outcome.code != SUCCESS {
            return Err(refusal(outcome));
        }
        // The error gives the place in the answer, but none of its content.
        serde_json::from_str(answer).map_err(|error| {
            let at = (error.line(), error.column());
            unreadable(&format!("to {method} cannot be read at {at:?}"))
        })
    }
}

/// An answer without a valid signature. It may only report that Alipay is unavailable.
fn unsigned(outcome: &Outcome) -> AlipayError {
    let said = words(outcome);
    match is_temporary(outcome) {
        true => AlipayError::Unanswered(format!("answered with {said}")),
        false => AlipayError::Unusable(format!(
            "an answer is not signed by the key of SECKILL_ALIPAY_PUBLIC_KEY; it says: {said}"
        )),
    }
}

fn refusal(outcome: Outcome) -> AlipayError {
    let message = words(&outcome);
    match is_temporary(&outcome) {
        true => AlipayError::Unanswered(format!("answered with {message}")),
        false => AlipayError::Refused {
            sub_code: outcome.sub_code,
            message,
        },
    }
}

fn is_temporary(outcome: &Outcome) -> bool {
    let Outcome { code, sub_code, .. } = outcome;
    LATER.contains(&code.as_str())
        || sub_code.starts_with("isp.")
        || sub_code.ends_with("SYSTEM_ERROR")
}

fn not_done(status: StatusCode) -> AlipayError {
    let said = format!("answered with status {}", status.as_u16());
    let temporary = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    match status.is_client_error() && !temporary.contains(&status) {
        true => AlipayError::Unusable(said),
        false => AlipayError::Unanswered(said),
    }
}

/// Alipay's message, in one line.
fn words(outcome: &Outcome) -> String {
    let Outcome {
        code,
        sub_code,
        sub_msg,
    } = outcome;
    let said = format!("{code} {sub_code} {sub_msg}");
    let said = said.chars().map(|c| if c.is_control() { ' ' } else { c });
    said.take(MESSAGE).collect()
}

fn unanswered(error: reqwest::Error) -> AlipayError {
    AlipayError::Unanswered(Chain(&error.without_url()).to_string())
}
