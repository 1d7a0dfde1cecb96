//! Buyers over HTTP: path, purchase, and polling for the result.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use test_servers::http;

use crate::process::Sale;

/// How a buyer's sale ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ordered(String),
    SoldOut,
}

impl Outcome {
    pub fn order(&self) -> Option<&str> {
        match self {
            Outcome::Ordered(id) => Some(id),
            Outcome::SoldOut => None,
        }
    }
}

/// A buyer who was told "queued".
#[derive(Clone, Debug)]
pub struct Promise {
    buyer: usize,
    reservation_id: String,
}

/// The growing pauses between a buyer's retries.
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Pauses(FIRST_PAUSE)
    }
}

impl Pauses {
    async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = LONGEST_PAUSE.min(self.0 * 2);
    }
}

/// All buyers of a sale.
#[derive(Clone)]
pub struct Shoppers {
    /// One client per address: nginx limits addresses.
    clients: Arc<[Client]>,
    /// The instances of the shop; each call of a buyer goes to a different one.
    urls: Arc<[String]>,
    calls: Arc<AtomicUsize>,
    item_id: String,
    tokens: Arc<Vec<String>>,
    connections: usize,
    /// When this many were told "queued", no new buyers start.
    begin_limit: Arc<AtomicUsize>,
    promises: Arc<Mutex<Vec<Promise>>>,
    busy: Arc<AtomicUsize>,
}

/// Loopback addresses that shoppers come from.
const ADDRESSES: u8 = 200;
/// A buyer's first pause before a retry; doubled each time, so that waiting buyers do not take the
/// processor from the servers.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(80);
/// Longer than a server takes to come back.
const BUYER_TIMEOUT: Duration = Duration::from_mins(2);
/// Once nothing is under way, all buyers get an answer within this time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(70);

impl Shoppers {
    pub fn new(urls: &[String], sale: &Sale, connections: usize) -> Shoppers {
        let client = |number| {
            http::client()
                .local_address(IpAddr::from([127, 1, 0, number]))
                .pool_max_idle_per_host(connections)
                .timeout(Duration::from_secs(10))
                .build()
                .unwrap()
        };
        Shoppers {
            clients: (1..=ADDRESSES).map(client).collect(),
            urls: urls.into(),
            calls: Arc::default(),
            item_id: sale.item_id.clone(),
            tokens: Arc::new(sale.tokens.clone()),
            connections,
            begin_limit: Arc::new(usize::MAX.into()),
            promises: Arc::default(),
            busy: Arc::default(),
        }
    }

    /// All buyers of these parts, with their recorded answers.
    pub fn together(parts: &[Shoppers]) -> Shoppers {
        let (mut tokens, mut promises) = (Vec::new(), Vec::new());
        for part in parts {
            let before = tokens.len();
            promises.extend(part.promises().into_iter().map(|promise| Promise {
                buyer: before + promise.buyer,
                ..promise
            }));
            tokens.extend_from_slice(&part.tokens);
        }
        Shoppers {
            tokens: Arc::new(tokens),
            promises: Arc::new(Mutex::new(promises)),
            ..parts[0].clone()
        }
    }

    /// All buyers buy, over their connections; results are in the order of the buyers.
    pub async fn buy_all(self) -> Vec<Outcome> {
        let buys = (0..self.tokens.len()).map(|buyer| {
            let shoppers = self.clone();
            async move {
                shoppers.wait_to_begin().await;
                (buyer, shoppers.buy(buyer).await)
            }
        });
        // A buyer who waits keeps one connection, and none of those who come later.
        let mut outcomes: Vec<_> = stream::iter(buys)
            .buffer_unordered(self.connections)
            .collect()
            .await;
        outcomes.sort_by_key(|(buyer, _)| *buyer);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Buyers of [`buy_all`](Self::buy_all) start until this many were told "queued". Those that
    /// have started continue, so that one more per connection may be told.
    pub fn begin_until(&self, promises: usize) {
        self.begin_limit.store(promises, Ordering::Relaxed);
    }

    /// From now on no buyer waits to start.
    pub fn begin_without_limit(&self) {
        self.begin_until(usize::MAX);
    }

    async fn wait_to_begin(&self) {
        while self.promised() >= self.begin_limit.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Each buyer sends one request before the sale, so that the shop has cached the log-ins.
    pub async fn ask_once(&self) {
        let looks = (0..self.tokens.len()).map(|buyer| self.mine(buyer));
        stream::iter(looks)
            .buffer_unordered(self.connections)
            .collect::<Vec<_>>()
            .await;
    }

    /// A buyer's whole purchase. Retries broken connections and `busy` with the same path, as a page
    /// does. Fails the test on any other result than an order or "sold out".
    pub async fn buy(&self, buyer: usize) -> Outcome {
        let deadline = Instant::now() + BUYER_TIMEOUT;
        let (mut pauses, mut path, mut asked_before) = (Pauses::default(), None, false);
        loop {
            assert!(Instant::now() < deadline, "buyer {buyer} got no answer");
            let (mut reservation, mut is_sold_out) = (None, false);
            match self.try_with(buyer, &mut path).await {
                Err(_) => pauses.next().await,
                Ok((status, answer)) => match (status, answer["error"].as_str()) {
                    (200, _) => reservation = answer["reservation_id"].as_str().map(str::to_owned),
                    (409, Some("sold_out")) if !asked_before => return Outcome::SoldOut,
                    (409, Some("sold_out")) => is_sold_out = true,
                    (409, Some("already_reserved")) | (403, Some("path_invalid")) => {}
                    // The same path repeats the same purchase: the next try gets the first one's answer.
                    (429 | 502..=504, _) => {
                        asked_before = path.is_some();
                        pauses.next().await;
                        continue;
                    }
                    other => panic!("buyer {buyer}: {other:?} {answer}"),
                },
            }
            // The connection broke, so the try's result is unknown. Wait until the shop knows it: a
            // "sold out" for the next try might go to a buyer who holds a unit.
            while reservation.is_none() {
                assert!(Instant::now() < deadline, "buyer {buyer} got no answer");
                match self.mine(buyer).await {
                    Some(None) if is_sold_out => return Outcome::SoldOut,
                    Some(None) => break,
                    Some(mine) => reservation = mine,
                    None => pauses.next().await,
                }
            }
            if let Some(reservation) = reservation
                && let Some(outcome) = self.result(buyer, &reservation).await
            {
                return outcome;
            }
            // That purchase ended without an order, or never existed: use a new path for the next one.
            (path, asked_before) = (None, false);
        }
    }

    /// Path and purchase: the status and the last answer of the two. Records "queued".
    pub async fn try_once(&self, buyer: usize) -> reqwest::Result<(u16, Value)> {
        self.try_with(buyer, &mut None).await
    }

    /// The same with an existing path.
    async fn try_with(
        &self,
        buyer: usize,
        path: &mut Option<String>,
    ) -> reqwest::Result<(u16, Value)> {
        let body = json!({ "item_id": self.item_id });
        if path.is_none() {
            let (status, answer) = self
                .call(buyer, Method::POST, "/api/path", Some(&body))
                .await?;
            let Some(given) = answer["path"].as_str() else {
                return Ok((status, answer));
            };
            *path = Some(given.to_owned());
        }
        let address = format!("/seckill/{}", path.as_deref().unwrap());
        let (status, answer) = self
            .call(buyer, Method::POST, &address, Some(&body))
            .await?;
        if status == 200 {
            let promise = Promise {
                buyer,
                reservation_id: answer["reservation_id"].as_str().unwrap().to_owned(),
            };
            self.promises.lock().unwrap().push(promise);
        }
        Ok((status, answer))
    }

    /// How many buyers who were told "sold out" hold an order: the answer to an earlier try was
    /// lost, and only the shop knew it.
    pub async fn learn_later(&self, outcomes: &[Outcome]) -> usize {
        let mut orders = 0;
        for (buyer, _) in outcomes
            .iter()
            .enumerate()
            .filter(|(_, o)| o.order().is_none())
        {
            if let Some(Some(reservation)) = self.mine(buyer).await {
                let outcome = self.result(buyer, &reservation).await;
                orders += usize::from(outcome.is_some());
            }
        }
        orders
    }

    /// Cancels an unpaid order; returns whether there was an answer. After a lost answer the order may
    /// already be cancelled.
    pub async fn cancel(&self, buyer: usize, order_id: &str) -> bool {
        let body = json!({ "order_id": order_id });
        let answer = self.call(buyer, Method::POST, "/api/cancel", Some(&body));
        let is_none = |status: u16| matches!(status, 429 | 502..=504);
        answer.await.is_ok_and(|(status, _)| !is_none(status))
    }

    /// The number of units for sale; `None` if no instance answers.
    pub async fn sellable(&self) -> Option<u64> {
        let address = format!("/api/stock?item_id={}", self.item_id);
        let (_, answer) = self.call(0, Method::GET, &address, None).await.ok()?;
        answer["sellable"].as_u64()
    }

    /// The buyer's latest reservation, if there is one; `None` when no instance can tell now.
    async fn mine(&self, buyer: usize) -> Option<Option<String>> {
        let address = format!("/api/my_reservation?item_id={}", self.item_id);
        let (status, answer) = self.call(buyer, Method::GET, &address, None).await.ok()?;
        if matches!(status, 429 | 502..=504) {
            return None;
        }
        Some(answer["reservation_id"].as_str().map(str::to_owned))
    }

    /// Polls until there is a result; `None` when the reservation failed, the server has forgotten
    /// it, or no instance can tell now.
    async fn result(&self, buyer: usize, reservation_id: &str) -> Option<Outcome> {
        let address = format!("/api/reservation?reservation_id={reservation_id}");
        let mut pauses = Pauses::default();
        loop {
            let (status, answer) = self.call(buyer, Method::GET, &address, None).await.ok()?;
            if matches!(status, 404 | 429 | 502..=504) {
                return None;
            }
            assert_eq!(status, 200, "{answer}");
            match answer["state"].as_str().unwrap() {
                "ordered" => {
                    return Some(Outcome::Ordered(answer["order_id"].as_str()?.to_owned()));
                }
                "failed" => return None,
                _ => pauses.next().await,
            }
        }
    }

    async fn call(
        &self,
        buyer: usize,
        method: Method,
        address: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<(u16, Value)> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let url = &self.urls[call % self.urls.len()];
        let client = &self.clients[buyer % self.clients.len()];
        let mut request = client
            .request(method, format!("{url}{address}"))
            .bearer_auth(&self.tokens[buyer]);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        if status == 503 {
            self.busy.fetch_add(1, Ordering::Relaxed);
        }
        // If an instance is down, the proxy answers in its own format.
        let body = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    pub fn promises(&self) -> Vec<Promise> {
        self.promises.lock().unwrap().clone()
    }

    /// Waits until this many were told "queued".
    pub async fn reaches(&self, promises: usize) {
        let deadline = Instant::now() + BUYER_TIMEOUT;
        while self.promised() < promises {
            assert!(Instant::now() < deadline, "the sale does not get going");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// How many calls have been answered "busy".
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// How many buyers have been told "queued".
    pub fn promised(&self) -> usize {
        self.promises.lock().unwrap().len()
    }

    /// Waits until all buyers who were told "queued" get the result: an order or a failure. An instance
    /// that missed the result reads the ledger within seconds; a lost reservation is reported after 40
    /// s. Returns how many failed.
    pub async fn all_are_answered(&self) -> usize {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        let answers = self.promises().into_iter().map(async |promise| {
            let mut state = self.state_of(&promise).await;
            while matches!(state.as_str(), "queued" | "forgotten") {
                assert!(Instant::now() < deadline, "no answer: {promise:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                state = self.state_of(&promise).await;
            }
            state
        });
        let answers: Vec<_> = stream::iter(answers)
            .buffer_unordered(self.connections)
            .collect()
            .await;
        answers.iter().filter(|state| *state == "failed").count()
    }

    pub async fn state_of(&self, promise: &Promise) -> String {
        let address = format!("/api/reservation?reservation_id={}", promise.reservation_id);
        let (status, answer) = self
            .call(promise.buyer, Method::GET, &address, None)
            .await
            .unwrap();
        if status == 404 {
            // Unknown (by now), but it may still be under way: no result yet.
            return "forgotten".to_owned();
        }
        assert_eq!(status, 200, "{answer}");
        answer["state"].as_str().unwrap().to_owned()
    }
}
