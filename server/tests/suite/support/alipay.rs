//! A small stand-in of Alipay: its gateway with the page of website payment, trades, refunds and notices, over HTTP. It
//! implements the documented rules that the shop relies on, and checks signatures itself. It is not Alipay.

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

/// The shop's application, and the account that receives the money.
pub const APP: &str = "2021000000000001";
pub const SELLER: &str = "2088000000000001";
pub const SHOP: &str = "https://shop.example";
/// The keys of the shop and of the stand-in, used only here.
const SHOP_KEY: &str = include_str!("alipay/shop-key.txt");
const ALIPAY_KEY: &str = include_str!("alipay/alipay-key.txt");
const ALIPAY_PUBLIC_KEY: &str = include_str!("alipay/alipay-public-key.txt");

/// The stand-in, on its own port until it is dropped.
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

    /// Configures a shop to use this stand-in.
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

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A buyer acts on the page at this address; returns the next address. `None` if the page cannot be paid.
    pub async fn act(&self, page: &str, act: Act) -> Option<String> {
        let client = http::client().redirect(Policy::none());
        let form = [("act", act.word())];
        let pressed = client.build().unwrap().post(page).form(&form).send().await;
        let answer = pressed.unwrap();
        let to = answer.headers().get("location")?;
        Some(to.to_str().unwrap().to_owned())
    }

    /// Refunds a trade in the console, in fen.
    pub fn sends_back_in_the_console(&self, out_trade_no: &str, fen: i64) {
        self.lock().account.console_refund(out_trade_no, fen);
    }

    /// Ends the time in which paid trades can be refunded.
    pub fn finishes_trades(&self) {
        self.lock().account.finish();
    }

    /// Sets whether refunds are done at once or stay pending.
    pub fn refunds_wait(&self, wait: bool) {
        self.lock().account.refunds_wait(wait);
    }

    /// Sets how calls fail from now on, if at all.
    pub fn fails(&self, failure: Option<Failure>) {
        self.lock().failure = failure;
    }

    /// The calls since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    /// Its pending notices; none is sent again.
    pub fn take_notices(&self) -> Vec<Fields> {
        self.lock().account.take_notices()
    }

    /// Alipay's signature of a notice.
    pub fn sign(&self, fields: &Fields) -> String {
        Signer::new(ALIPAY_KEY).sign(&signed_text(fields))
    }

    /// Another key's signature of a notice.
    pub fn sign_as_another(&self, fields: &Fields) -> String {
        Signer::new(SHOP_KEY).sign(&signed_text(fields))
    }

    /// Money that was received and not refunded, in fen.
    pub fn balance(&self) -> i64 {
        self.lock().account.balance()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}
