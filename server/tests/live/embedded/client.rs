//! A person's calls, one at a time, with any answer of the shop.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, header};
use serde_json::{Value, json};
use test_servers::http;

/// Longer than any answer of the shop takes.
const ANSWER: Duration = Duration::from_secs(20);
/// Once nothing is broken, everything works again within this time.
const WORKS_AGAIN: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// The log-in that the answer contained.
    pub token: Option<String>,
}

impl Answer {
    pub fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    pub fn text(&self, field: &str) -> String {
        let value = self.body[field].as_str();
        value
            .unwrap_or_else(|| panic!("no {field}: {self:?}"))
            .to_owned()
    }
}

/// The answer to a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A position: "You are number n".
    Number { reservation: String, position: u64 },
    /// Try again, with the same path if there is one.
    Busy { path: Option<String> },
}

/// Makes calls to a shop for all its users.
#[derive(Clone)]
pub struct TestClient {
    http: Client,
    url: String,
}

impl TestClient {
    pub fn new(url: String) -> TestClient {
        let http = http::client().timeout(ANSWER).build().unwrap();
        TestClient { http, url }
    }

    pub async fn call(
        &self,
        method: Method,
        address: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Answer {
        let called = self.try_call(method, address, token, body);
        called.await.expect("the shop is there")
    }

    /// The same for a shop that may be down: `None` then.
    pub async fn try_call(
        &self,
        method: Method,
        address: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let request = self
            .http
            .request(method, format!("{}{address}", self.url))
            .bearer_auth(token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        answer(request.send().await.ok()?).await
    }

    pub async fn get(&self, address: &str, token: &str) -> Answer {
        self.call(Method::GET, address, token, None).await
    }

    /// Sends a form as a program does.
    pub async fn form(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let sent = self.try_form(address, fields).await;
        sent.expect("the shop is there")
    }

    /// The same for a shop that may be down: `None` then.
    pub async fn try_form(&self, address: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let request = self.http.post(format!("{}{address}", self.url));
        // Browsers send this; without it a form counts as another site's.
        let request = request.header("sec-fetch-site", "same-origin");
        answer(request.form(fields).send().await.ok()?).await
    }

    pub async fn path(&self, item_id: &str, token: &str) -> Answer {
        let body = json!({ "item_id": item_id });
        self.call(Method::POST, "/api/path", token, Some(&body))
            .await
    }

    pub async fn purchase(&self, path: &str, item_id: &str, token: &str) -> Answer {
        let body = json!({ "item_id": item_id });
        let address = format!("/seckill/{path}");
        self.call(Method::POST, &address, token, Some(&body)).await
    }

    /// Path and purchase. Fails the test on any other answer than a position or `busy`.
    pub async fn buy(&self, item_id: &str, token: &str) -> Told {
        let answer = self.path(item_id, token).await;
        match answer.status {
            200 => self.buy_with(&answer.text("path"), item_id, token).await,
            503 => Told::Busy { path: None },
            _ => panic!("{answer:?}"),
        }
    }

    /// A purchase with an existing path.
    pub async fn buy_with(&self, path: &str, item_id: &str, token: &str) -> Told {
        let answer = self.purchase(path, item_id, token).await;
        match answer.status {
            200 => Told::Number {
                reservation: answer.text("reservation_id"),
                position: answer.body["position"].as_u64().unwrap(),
            },
            503 => Told::Busy {
                path: Some(path.to_owned()),
            },
            _ => panic!("{answer:?}"),
        }
    }

    pub async fn cancel(&self, order_id: &str, token: &str) -> Answer {
        let body = json!({ "order_id": order_id });
        self.call(Method::POST, "/api/cancel", token, Some(&body))
            .await
    }

    /// Waits for the order of a reservation. Fails the test if the reservation failed or is
    /// unknown.
    pub async fn order_of(&self, reservation: &str, token: &str) -> String {
        let address = format!("/api/reservation?reservation_id={reservation}");
        let complaint = format!("no order for {reservation}");
        let answer = within(&complaint, async || {
            let answer = self.get(&address, token).await;
            match (answer.status, answer.body["state"].as_str()) {
                (200, Some("ordered")) => Some(answer),
                (200, Some("queued")) | (503, _) => None,
                _ => panic!("{answer:?}"),
            }
        });
        answer.await.text("order_id")
    }

    /// The states of an account's orders.
    pub async fn orders(&self, token: &str) -> Vec<String> {
        let answer = self.get("/api/orders", token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let orders = answer.body.as_array().unwrap().iter();
        orders
            .map(|order| order["state"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The gate's number of sellable units.
    pub async fn sellable(&self, item_id: &str) -> u64 {
        let answer = self.get(&format!("/api/stock?item_id={item_id}"), "").await;
        answer.body["sellable"].as_u64().unwrap()
    }
}

/// `None` if the shop dies while it answers.
async fn answer(response: reqwest::Response) -> Option<Answer> {
    let status = response.status().as_u16();
    let cookies = response.headers().get_all(header::SET_COOKIE);
    let log_in = cookies.iter().find_map(|cookie| {
        let (name, rest) = cookie.to_str().ok()?.split_once('=')?;
        (name == "seckill_login").then(|| rest.split(';').next().unwrap().to_owned())
    });
    let body = response.bytes().await.ok()?;
    Some(Answer {
        status,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        token: log_in,
    })
}

/// Repeats a call until it returns something.
pub async fn within<T>(complaint: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WORKS_AGAIN;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{complaint}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
