//! Calls to Stripe's REST API: with limits of time, number and size, tried once. Callers retry. Errors never
//! contain the secret key.

use std::{sync::Arc, time::Duration};

use reqwest::{RequestBuilder, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;
use tokio::{sync::Semaphore, time::timeout};

use super::{NAME, shapes::ErrorBody};
use crate::{
    chain::Chain,
    engine::ports::{Clock, PortError},
};

/// The API version whose requests and answers are used here.
const VERSION: &str = "2025-03-31.basil";
/// Time limit for an answer; after it the result is unknown.
const CALL: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(2);
/// Largest answer; real ones have less than 20 kB.
const LARGEST: usize = 256 * 1024;
/// Concurrent calls; others wait, within their own time limit.
const AT_ONCE: usize = 32;
/// Longest message of Stripe's in our log.
const MESSAGE: usize = 300;
/// For this long, all repeats of a call whose failure Stripe stored use the same new key.
const NEXT_KEY_MS: i64 = 60_000;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// No answer in time, too many calls, or a failure at Stripe: the result is unknown.
    #[error("{0}")]
    Unanswered(String),
    /// The call is not valid, or the API key is refused: a retry would fail too.
    #[error("refused with {status}: {message}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// Stripe's message.
        message: String,
    },
    /// An answer, or the data for a request, is not usable.
    #[error("{0}")]
    Unusable(String),
}

impl From<StripeError> for PortError {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Unanswered(detail) => PortError::busy(NAME, detail),
            refused => PortError::failed(NAME, refused),
        }
    }
}

/// The API for one account.
pub struct Api {
    client: reqwest::Client,
    base: String,
    key: String,
    clock: Arc<dyn Clock>,
    permits: Semaphore,
}

struct Answer {
    status: StatusCode,
    /// Stripe repeats an earlier answer for the same idempotency key.
    repeated: bool,
    body: Vec<u8>,
}

impl Answer {
    /// Whether Stripe stored a failure for this key; or the key was used with other form data, before the shop's
    /// address or version changed.
    fn is_kept_failure(&self) -> bool {
        let of_another_form = || {
            let body = serde_json::from_slice::<ErrorBody>(&self.body);
            body.is_ok_and(|body| body.error.kind.as_deref() == Some("idempotency_error"))
        };
        !self.status.is_success() && (self.repeated || of_another_form())
    }
}

impl Api {
    /// Makes no call yet.
    pub fn new(base: String, key: String, clock: Arc<dyn Clock>) -> Result<Self, PortError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(Policy::none())
            .user_agent(concat!("seckill/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| PortError::failed(NAME, error))?;
        Ok(Self {
            client,
            base,
            key,
            clock,
            permits: Semaphore::new(AT_ONCE),
        })
    }

    /// Makes a GET call.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, StripeError> {
        let request = self.client.get(format!("{}{path}", self.base));
        let answer = self.call(request.query(query)).await?;
        self.read(&answer)
    }

    /// Makes a POST call, once for each `key`. Stripe stores a failure with the key for a day (its own failures too,
    /// and temporary problems of the account) and repeats it. So a repeated call then uses a new key, the same for all
    /// callers within a minute.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, String)],
        key: &str,
    ) -> Result<T, StripeError> {
        let mut answer = self.post_with(path, form, key).await?;
        if answer.is_kept_failure() {
            let next = format!("{key}-{}", self.clock.now_ms() / NEXT_KEY_MS);
            answer = self.post_with(path, form, &next).await?;
        }
        self.read(&answer)
    }

    async fn post_with(
        &self,
        path: &str,
        form: &[(&str, String)],
        key: &str,
    ) -> Result<Answer, StripeError> {
        let request = self.client.post(format!("{}{path}", self.base));
        self.call(request.header("idempotency-key", key).form(form))
            .await
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, StripeError> {
        let request = request
            .bearer_auth(&self.key)
            .header("stripe-version", VERSION);
        let answer = async {
            let permit = self.permits.acquire().await;
            let _permit = permit.map_err(|error| StripeError::Unanswered(error.to_string()))?;
            let mut response = request.send().await.map_err(unanswered)?;
            let repeated = response.headers().get("idempotent-replayed");
            let repeated = repeated.is_some_and(|value| value == "true");
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
                if body.len() + chunk.len() > LARGEST {
                    let too_large = format!("an answer is larger than {LARGEST} bytes");
                    return Err(StripeError::Unusable(too_large));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer {
                status: response.status(),
                repeated,
                body,
            })
        };
        let late = |_| StripeError::Unanswered(format!("no answer within {} s", CALL.as_secs()));
        timeout(CALL, answer).await.map_err(late)?
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, StripeError> {
        let status = answer.status;
        if status.is_success() {
            // The error gives the place in the answer, but none of its content.
            return serde_json::from_slice(&answer.body).map_err(|error| {
                let place = (error.line(), error.column());
                StripeError::Unusable(format!("an answer cannot be read at {place:?}"))
            });
        }
        let message = self.message(&answer.body);
        let temporary = [
            StatusCode::REQUEST_TIMEOUT,
            // Another call with the same key is under way.
            StatusCode::CONFLICT,
            StatusCode::FAILED_DEPENDENCY,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        match status.is_client_error() && !temporary.contains(&status) {
            true => Err(StripeError::Refused {
                status: status.as_u16(),
                message,
            }),
            false => Err(StripeError::Unanswered(format!(
                "answered with {}: {message}",
                status.as_u16()
            ))),
        }
    }

    /// The message of an error, in one line, with our key removed.
    fn message(&self, body: &[u8]) -> String {
        let message = match serde_json::from_slice::<ErrorBody>(body) {
            Ok(ErrorBody { error }) => {
                let words = [error.kind, error.code, error.param, error.message];
                words.into_iter().flatten().collect::<Vec<_>>().join(", ")
            }
            Err(_) => "without a reason".to_owned(),
        };
        let message = message.replace(&self.key, "***");
        message.chars().take(MESSAGE).collect()
    }
}

fn unanswered(error: reqwest::Error) -> StripeError {
    StripeError::Unanswered(Chain(&error.without_url()).to_string())
}
