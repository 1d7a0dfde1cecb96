//! Calls to Stripe's REST interface: bounded in time, in number and in size, tried once. What failed is tried again
//! by whoever asked. The secret key is in no error.

use std::{sync::Arc, time::Duration};

use reqwest::{RequestBuilder, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;
use tokio::{sync::Semaphore, time::timeout};

use super::{NAME, shapes::ErrorBody};
use crate::{
    chain::Chain,
    engine::ports::{Clock, PortError},
};

/// What the requests and answers here look like.
const VERSION: &str = "2025-03-31.basil";
/// Stripe answers within this time, or nothing is known.
const CALL: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(2);
/// Largest answer; one has less than 20 kB.
const LARGEST: usize = 256 * 1024;
/// Calls at one time; others wait for their turn, in their time.
const AT_ONCE: usize = 32;
/// Longest message of Stripe's in our log.
const MESSAGE: usize = 300;
/// So long one more key serves all who repeat a call whose failure Stripe keeps.
const NEXT_KEY_MS: i64 = 60_000;

/// Why a call did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No answer in time, too many calls, or a failure of Stripe's: nothing is known.
    #[error("{0}")]
    Unanswered(String),
    /// The call is not valid, or the key does not open the API: it would be refused again.
    #[error("refused with {status}: {message}")]
    Refused {
        /// The answer's.
        status: u16,
        /// Stripe's words.
        message: String,
    },
    /// Something that Stripe has said, or that it was to be asked, cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl From<ApiError> for PortError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unanswered(detail) => PortError::busy(NAME, detail),
            refused => PortError::failed(NAME, refused),
        }
    }
}

/// The API of one account.
pub struct Api {
    client: reqwest::Client,
    base: String,
    key: String,
    clock: Arc<dyn Clock>,
    turns: Semaphore,
}

struct Answer {
    status: StatusCode,
    /// Stripe has given it before, for the same key.
    repeated: bool,
    body: Vec<u8>,
}

impl Answer {
    /// What this key will be answered until it is forgotten; or it was given with another form, by a shop whose address
    /// or version has changed since.
    fn is_kept_failure(&self) -> bool {
        let of_another_form = || {
            let body = serde_json::from_slice::<ErrorBody>(&self.body);
            body.is_ok_and(|body| body.error.kind.as_deref() == Some("idempotency_error"))
        };
        !self.status.is_success() && (self.repeated || of_another_form())
    }
}

impl Api {
    /// Calls nobody yet.
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
            turns: Semaphore::new(AT_ONCE),
        })
    }

    /// Reads something.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ApiError> {
        let request = self.client.get(format!("{}{path}", self.base));
        let answer = self.call(request.query(query)).await?;
        self.read(&answer)
    }

    /// Does something, once for each `key`. Stripe keeps a failure with the key for a day, its own as well as what the
    /// account could not do at that moment, and does not try again: whoever repeats such a call does so with another
    /// key, the same for everybody within a minute.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, String)],
        key: &str,
    ) -> Result<T, ApiError> {
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
    ) -> Result<Answer, ApiError> {
        let request = self.client.post(format!("{}{path}", self.base));
        self.call(request.header("idempotency-key", key).form(form))
            .await
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, ApiError> {
        let request = request
            .bearer_auth(&self.key)
            .header("stripe-version", VERSION);
        let answer = async {
            let turn = self.turns.acquire().await;
            let _turn = turn.map_err(|error| ApiError::Unanswered(error.to_string()))?;
            let mut response = request.send().await.map_err(unanswered)?;
            let repeated = response.headers().get("idempotent-replayed");
            let repeated = repeated.is_some_and(|value| value == "true");
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
                if body.len() + chunk.len() > LARGEST {
                    let too_large = format!("an answer is larger than {LARGEST} bytes");
                    return Err(ApiError::Unusable(too_large));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer {
                status: response.status(),
                repeated,
                body,
            })
        };
        let late = |_| ApiError::Unanswered(format!("no answer within {} s", CALL.as_secs()));
        timeout(CALL, answer).await.map_err(late)?
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ApiError> {
        let status = answer.status;
        if status.is_success() {
            // The error says where in the answer, and nothing of it.
            return serde_json::from_slice(&answer.body).map_err(|error| {
                let place = (error.line(), error.column());
                ApiError::Unusable(format!("an answer cannot be read at {place:?}"))
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
            true => Err(ApiError::Refused {
                status: status.as_u16(),
                message,
            }),
            false => Err(ApiError::Unanswered(format!(
                "answered with {}: {message}",
                status.as_u16()
            ))),
        }
    }

    /// What an error says, in a line, and whatever it says without our key.
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

fn unanswered(error: reqwest::Error) -> ApiError {
    ApiError::Unanswered(Chain(&error.without_url()).to_string())
}
