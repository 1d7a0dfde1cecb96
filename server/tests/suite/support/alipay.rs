//! A small stand-in of Alipay: its gateway with the page of website payment, trades, refunds and notices, over HTTP. It
//! knows the rules of Alipay's documentation that the shop relies on, and checks signatures itself. It is not Alipay.

mod account;
mod gateway;
mod signature;

use std::sync::{Arc, Mutex, MutexGuard};

use reqwest::{Url, redirect::Policy};
use server::{
    adapters::payment::alipay::{AlipayKey, ShopKey},
    config::{Alipay, Config, Provider},
};
use test_servers::http;
use tokio::{net::TcpListener, task::JoinHandle};

use super::ManualClock;

pub use account::Act;
pub use gateway::{Call, Failure};
pub use signature::{Fields, encoded, signed_text};

use account::Account;
use gateway::Shared;
use signature::Signer;

/// The shop's application, and who gets the money.
pub const APP: &str = "2021000000000001";
pub const SELLER: &str = "2088000000000001";
/// The shop as it knows it.
pub const SHOP: &str = "https://shop.example";
/// The keys of the shop and of the stand-in, which nobody else uses.
const SHOP_KEY: &str = include_str!("alipay/shop-key.txt");
const ALIPAY_KEY: &str = include_str!("alipay/alipay-key.txt");
const ALIPAY_PUBLIC_KEY: &str = include_str!("alipay/alipay-public-key.txt");

/// The stand-in, on a port of its own until it is dropped.
pub struct AlipayStandIn {
    shared: Arc<Mutex<Shared>>,
    origin: String,
    task: JoinHandle<()>,
}

impl Drop for AlipayStandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl AlipayStandIn {
    pub async fn start(clock: Arc<ManualClock>) -> AlipayStandIn {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::new(Account::new(clock))));
        let router = gateway::router(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        AlipayStandIn {
            shared,
            origin,
            task,
        }
    }

    /// Lets a shop take its money here.
    pub fn configure(&self, config: &mut Config) {
        config.payments.provider = Provider::Alipay;
        config.web.shop_url = Some(SHOP.to_owned());
        config.alipay = Some(Alipay {
            app_id: APP.to_owned(),
            seller_id: SELLER.to_owned(),
            private_key: ShopKey::parse(SHOP_KEY).unwrap(),
            public_key: AlipayKey::parse(ALIPAY_PUBLIC_KEY).unwrap(),
            gateway_url: Url::parse(&format!("{}/gateway.do", self.origin)).unwrap(),
        });
    }

    /// Where it is.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A buyer does something on the page at this address; where that leads. `None` where the page lets nobody pay.
    pub async fn act(&self, page: &str, act: Act) -> Option<String> {
        let client = http::client().redirect(Policy::none());
        let form = [("act", act.word())];
        let pressed = client.build().unwrap().post(page).form(&form).send().await;
        let answer = pressed.unwrap();
        let to = answer.headers().get("location")?;
        Some(to.to_str().unwrap().to_owned())
    }

    /// Somebody sends a trade's money back in the console, in fen.
    pub fn sends_back_in_the_console(&self, out_trade_no: &str, fen: i64) {
        self.lock().account.console_refund(out_trade_no, fen);
    }

    /// The time in which paid trades can be given back is over.
    pub fn finishes_trades(&self) {
        self.lock().account.finish();
    }

    /// Refunds are done at once, or wait until they are.
    pub fn refunds_wait(&self, wait: bool) {
        self.lock().account.refunds_wait(wait);
    }

    /// Calls fail from now on, or do so no more.
    pub fn fails(&self, failure: Option<Failure>) {
        self.lock().failure = failure;
    }

    /// The calls since the last look.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    /// The notices that it has to send; none is sent again.
    pub fn take_notices(&self) -> Vec<Fields> {
        self.lock().account.take_notices()
    }

    /// Alipay's signature of a notice.
    pub fn sign(&self, fields: &Fields) -> String {
        Signer::new(ALIPAY_KEY).sign(&signed_text(fields))
    }

    /// Somebody else's.
    pub fn sign_as_another(&self, fields: &Fields) -> String {
        Signer::new(SHOP_KEY).sign(&signed_text(fields))
    }

    /// Money that was taken and not sent back, in fen.
    pub fn balance(&self) -> i64 {
        self.lock().account.balance()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}
