//! The loaded shop, as a client sees it.

use std::time::Duration;

use app::wire::{ApiError, ItemDetail, ItemId, Phase, Round, ServerTime, Stock};
use bytes::Bytes;
use reqwest::{Client, Method, Url, header, redirect::Policy};
use serde::de::DeserializeOwned;
use tokio::{
    sync::Semaphore,
    task::JoinError,
    time::{Instant, sleep},
};

use crate::{chain::Chain, loopback::is_loopback};

/// Time limit of a call with its answer: longer than the shop's own limit.
const CALL: Duration = Duration::from_secs(15);
/// Waits for a round that begins within this time.
const LONGEST_WAIT_MS: i64 = 3_600_000;
/// How often the shop's clock is read while waiting for a round.
const LOOK: Duration = Duration::from_millis(500);

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Load on somebody else's server is an attack.
    #[error(
        "{0} is not on this machine: load goes only to the loopback, unless --allow-remote is given"
    )]
    NotLoopback(Url),
    /// The address cannot be called.
    #[error("{0} is no address of a shop (http://HOST or https://HOST)")]
    NoAddress(Url),
    /// The client cannot be made.
    #[error("cannot make an HTTP client: {}", Chain(.0))]
    Client(reqwest::Error),
    /// The answer is not a shop's.
    #[error("{call}: {why}")]
    Call {
        call: String,
        /// The answer or error instead.
        why: String,
    },
    /// There is not exactly one item, and none was named.
    #[error("the shop sells {0} items now or soon: name one with --item")]
    Items(usize),
    /// The round is over, stopped, or far away.
    #[error("the item's round is {0}; load needs one that runs or begins within the hour")]
    Phase(&'static str),
    /// A shopper's task panicked.
    #[error("a shopper ended early: {0}")]
    Shopper(#[from] JoinError),
}

/// A client's request.
pub struct Request<'r> {
    pub method: Method,
    pub path: &'r str,
    pub token: Option<&'r str>,
    /// JSON.
    pub body: Option<&'r str>,
}

impl<'r> Request<'r> {
    /// Without a log-in.
    pub fn get(path: &'r str) -> Self {
        Self {
            method: Method::GET,
            path,
            token: None,
            body: None,
        }
    }
}

/// The result of a call.
pub enum Answer {
    /// The body of a successful answer.
    Done(Bytes),
    /// The shop's refusal, and its requested wait.
    Refused(ApiError, Option<Duration>),
    /// No answer: the connection broke, or it took too long.
    Broken(String),
    /// An answer outside the contract.
    Unexpected(String),
}

/// A shop and one of its items.
pub struct Shop {
    http: Http,
    pub item_id: ItemId,
}

/// Calls to a shop.
struct Http {
    client: Client,
    url: Url,
    /// One for each call in progress.
    slots: Semaphore,
}

impl Shop {
    /// The shop at `url`, called over at most so many connections, and the item, or the only item on
    /// sale now or soon.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn open(
        url: Url,
        item_id: Option<ItemId>,
        connections: usize,
        allow_remote: bool,
    ) -> Result<Self, LoadError> {
        if url.cannot_be_a_base() || !matches!(url.scheme(), "http" | "https") {
            return Err(LoadError::NoAddress(url));
        }
        if !allow_remote && !is_loopback(url.host_str().unwrap_or_default()) {
            return Err(LoadError::NotLoopback(url));
        }
        let client = Client::builder()
            .timeout(CALL)
            .redirect(Policy::none())
            .no_proxy()
            .http1_only()
            .pool_max_idle_per_host(usize::MAX)
            .user_agent(concat!("seckill-load/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(LoadError::Client)?;
        let http = Http {
            client,
            url,
            slots: Semaphore::new(connections),
        };
        let item_id = match item_id {
            Some(item_id) => item_id,
            None => http.only_item().await?,
        };
        Ok(Self { http, item_id })
    }

    pub fn url(&self) -> &Url {
        &self.http.url
    }

    /// The item's remaining stock.
    pub async fn stock(&self) -> Result<Stock, LoadError> {
        self.http
            .ask(&format!("/api/stock?item_id={}", self.item_id))
            .await
    }

    /// How long a buyer of the item has to pay.
    pub async fn pay_window(&self) -> Result<Duration, LoadError> {
        let path = format!("/api/item?item_id={}", self.item_id);
        let item: ItemDetail = self.http.ask(&path).await?;
        Ok(Duration::from_secs(item.pay_window_s.into()))
    }

    /// Returns when the round runs.
    pub async fn wait_for_start(&self, progress: impl Fn(&str)) -> Result<(), LoadError> {
        loop {
            let stock = self.stock().await?;
            match stock.phase {
                Phase::Running => return Ok(()),
                Phase::Upcoming => {}
                other => return Err(LoadError::Phase(other.name())),
            }
            let asked = Instant::now();
            let ServerTime { now_ms } = self.http.ask("/api/clock").await?;
            // The shop's clock was read about halfway through the call.
            let half_way_ms = asked.elapsed().as_millis() as i64 / 2;
            let left_ms = stock.starts_at_ms - now_ms - half_way_ms;
            if left_ms > LONGEST_WAIT_MS {
                return Err(LoadError::Phase(stock.phase.name()));
            }
            progress(&format!(
                "the round begins in {:.1} s",
                left_ms as f64 / 1000.0
            ));
            let left = Duration::from_millis(left_ms.max(1).unsigned_abs());
            sleep(left.min(LOOK)).await;
        }
    }

    pub async fn call(&self, request: &Request<'_>) -> Answer {
        self.http.send(request).await
    }
}

impl Http {
    async fn only_item(&self) -> Result<ItemId, LoadError> {
        let rounds: Vec<Round> = self.ask("/api/rounds").await?;
        let ServerTime { now_ms } = self.ask("/api/clock").await?;
        let open =
            |round: &&Round| matches!(round.phase_at(now_ms), Phase::Running | Phase::Upcoming);
        let items: Vec<ItemId> = rounds
            .iter()
            .filter(open)
            .flat_map(|round| round.items.iter().map(|item| item.item_id))
            .collect();
        match items[..] {
            [item_id] => Ok(item_id),
            _ => Err(LoadError::Items(items.len())),
        }
    }

    /// A call with the same answer for everybody.
    async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, LoadError> {
        let request = Request::get(path);
        let why = match self.send(&request).await {
            Answer::Done(text) => match serde_json::from_slice(&text) {
                Ok(answer) => return Ok(answer),
                Err(error) => error.to_string(),
            },
            Answer::Refused(error, _) => error.to_string(),
            Answer::Broken(why) | Answer::Unexpected(why) => why,
        };
        let call = path.to_owned();
        Err(LoadError::Call { call, why })
    }

    async fn send(&self, request: &Request<'_>) -> Answer {
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await.ok();
        let Ok(url) = self.url.join(request.path) else {
            return Answer::Unexpected(format!("{} is no path", request.path));
        };
        let mut call = self.client.request(request.method.clone(), url);
        if let Some(token) = request.token {
            call = call.bearer_auth(token);
        }
        if let Some(body) = request.body {
            call = call
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_owned());
        }
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => return Answer::Broken(Chain(&error.without_url()).to_string()),
        };
        let status = answer.status();
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        let text = match answer.bytes().await {
            Ok(text) => text,
            Err(error) => return Answer::Broken(Chain(&error.without_url()).to_string()),
        };
        if status.is_success() {
            return Answer::Done(text);
        }
        match serde_json::from_slice::<ApiError>(&text) {
            Ok(error) if error.status() == status.as_u16() => {
                Answer::Refused(error, retry_after.map(Duration::from_secs))
            }
            _ => Answer::Unexpected(format!("{status} {}", String::from_utf8_lossy(&text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn load_goes_to_the_loopback_only_unless_it_is_told_otherwise() {
        let open = async |url: &str, allow_remote| {
            let item_id = Some(ItemId(uuid::Uuid::nil()));
            Shop::open(url.parse().unwrap(), item_id, 1, allow_remote).await
        };
        for there in [
            "http://192.0.2.7",
            "https://shop.example",
            "http://[2001:db8::1]:3000",
        ] {
            let refused = open(there, false).await;
            assert!(matches!(refused, Err(LoadError::NotLoopback(_))), "{there}");
            assert!(open(there, true).await.is_ok(), "{there}");
        }
        for here in [
            "http://127.0.0.1:3000",
            "http://localhost:3000",
            "http://[::1]:3000",
        ] {
            assert!(open(here, false).await.is_ok(), "{here}");
        }
        let no_shop = open("mailto:a@localhost", true).await;
        assert!(matches!(no_shop, Err(LoadError::NoAddress(_))));
    }
}
