//! A program that receives webhooks: it records them, and answers as the test wants.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

#[derive(Clone)]
pub enum Answer {
    Status(u16),
    /// Busy, with this many seconds to wait.
    Later(u32),
    /// A redirect to another address of its own.
    Redirect,
    /// Waits until the test allows an answer.
    Wait(Arc<Notify>),
}

/// A message, as received.
#[derive(Clone)]
pub struct Got {
    pub path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Whether it has the signature of the published library with this secret. The library itself would compare
    /// the time with the machine's clock, but the test has its own.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let time = self.header("webhook-timestamp").parse().unwrap();
        let signed = Webhook::new(secret)
            .unwrap()
            .sign(self.id(), time, &self.body);
        let signed = signed.unwrap();
        self.header("webhook-signature")
            .split(' ')
            .any(|one| one == signed)
    }
}

struct Shared {
    answer: Answer,
    got: Vec<Got>,
}

/// The program, on its own port until it is dropped.
pub struct Receiver {
    shared: Arc<Mutex<Shared>>,
    pub url: String,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared {
            answer: Answer::Status(204),
            got: Vec::new(),
        }));
        let router = Router::new().fallback(receive).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Receiver { shared, url, task }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    pub fn answers(&self, answer: Answer) {
        self.shared().answer = answer;
    }

    /// The messages since the last time.
    pub fn take(&self) -> Vec<Got> {
        std::mem::take(&mut self.shared().got)
    }

    /// The events of these messages.
    pub fn take_events(&self) -> Vec<String> {
        self.take().iter().map(Got::event).collect()
    }
}

async fn receive(
    State(shared): State<Arc<Mutex<Shared>>>,
    request: axum::extract::Request,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 20_000).await.unwrap();
    let answer = {
        let mut shared = shared.lock().unwrap();
        shared.got.push(Got {
            path: head.uri.path().to_owned(),
            headers: head.headers,
            body: body.to_vec(),
        });
        shared.answer.clone()
    };
    match answer {
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Later(seconds) => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, seconds.to_string())],
        )
            .into_response(),
        Answer::Redirect => (
            StatusCode::TEMPORARY_REDIRECT,
            [(header::LOCATION, "/other")],
        )
            .into_response(),
        Answer::Wait(until) => {
            until.notified().await;
            StatusCode::OK.into_response()
        }
    }
}
