//! A small stand-in of Stripe, for what `localstripe` lacks: Checkout Sessions with their page, and their refunds and
//! notices, over HTTP. It implements the documented rules that the shop relies on. It is not Stripe.

mod account;
mod api;

use std::sync::{Arc, Mutex, MutexGuard};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use server::config::{Config, Provider, Stripe};
use sha2::Sha256;
use test_servers::http;
use tokio::{net::TcpListener, task::JoinHandle};

use super::ManualClock;

pub use account::Act;
pub use api::{Call, Failure};

use account::Account;
use api::Shared;

pub const KEY: &str = "sk_test_of-the-stand-in-of-the-suite";
/// The secrets that sign its notices, now and before.
pub const SECRET: &str = "whsec_of-the-stand-in-of-the-suite";
pub const OLDER_SECRET: &str = "whsec_that-the-stand-in-had-before";
pub const SHOP: &str = "https://shop.example";

/// The stand-in, on its own port until it is dropped.
pub struct StripeStandIn {
    shared: Arc<Mutex<Shared>>,
    clock: Arc<ManualClock>,
    origin: String,
    task: JoinHandle<()>,
}

impl Drop for StripeStandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl StripeStandIn {
    pub async fn start(clock: Arc<ManualClock>) -> StripeStandIn {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let account = Account::new(clock.clone(), origin.clone());
        let shared = Arc::new(Mutex::new(Shared::new(account)));
        let router = api::router(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        StripeStandIn {
            shared,
            clock,
            origin,
            task,
        }
    }

    /// Configures a shop to use this stand-in.
    pub fn configure(&self, config: &mut Config) {
        config.payments.provider = Provider::Stripe;
        config.web.shop_url = Some(SHOP.to_owned());
        config.stripe = Some(Stripe {
            secret_key: KEY.to_owned(),
            webhook_secrets: vec![SECRET.to_owned(), OLDER_SECRET.to_owned()],
            api_url: self.origin.clone(),
            page_url: self.origin.clone(),
        });
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A buyer acts on its page; returns the next address.
    pub async fn act(&self, page: &str, act: Act) -> Option<String> {
        let client = http::client().redirect(Policy::none());
        let form = [("act", act.word())];
        let pressed = client.build().unwrap().post(page).form(&form).send().await;
        let answer = pressed.unwrap();
        let to = answer.headers().get("location")?;
        Some(to.to_str().unwrap().to_owned())
    }

    /// Sets the later result of a payment by a slow bank.
    pub fn bank_says(&self, yes: bool) {
        self.lock().account.bank_says(yes);
    }

    /// Sets the state of all refunds, existing and new.
    pub fn refunds_are(&self, status: &'static str) {
        self.lock().account.refunds_are(status);
    }

    /// Sets how calls fail from now on, if at all.
    pub fn fails(&self, failure: Option<Failure>) {
        self.lock().failure = failure;
    }

    /// The calls since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    /// Its pending notices, signed now; none is sent again.
    pub fn take_notices(&self) -> Vec<(String, String)> {
        let bodies = self.lock().account.take_notices();
        let signed = bodies.into_iter();
        signed
            .map(|body| (self.signature(SECRET, 0, &body), body))
            .collect()
    }

    /// A signature header over `body`, dated `later_s` seconds from now.
    pub fn signature(&self, secret: &str, later_s: i64, body: &str) -> String {
        let time_s = self.clock.get() / 1_000 + later_s;
        format!("t={time_s},v1={}", digits(secret, time_s, body))
    }

    /// Money that was received and not refunded.
    pub fn balance(&self) -> i64 {
        self.lock().account.balance()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}

fn digits(secret: &str, time_s: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time_s}.{body}").as_bytes());
    let digest = mac.finalize().into_bytes();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
