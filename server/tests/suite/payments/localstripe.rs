//! Stripe's adapter with the external program `localstripe`: refunds, and notices signed by it. It supports neither
//! idempotency keys nor Checkout Sessions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Router, http::HeaderMap, routing::post};
use reqwest::Client;
use serde_json::Value;
use server::engine::ports::{
    NoticeFact, NoticeRequest, PaymentGateway, RefundRequest, RefundState, Verified,
};
use test_servers::{LocalStripe, http};
use tokio::net::TcpListener;

use super::*;
use crate::support::{
    Data, ManualClock, eventually,
    stripe::{KEY, SECRET, SHOP},
};

/// A shop's gateway, and the account behind it.
struct Account {
    server: LocalStripe,
    client: Client,
    shop: TestShop,
}

impl Account {
    /// Uses the machine's time, like `localstripe`.
    async fn new() -> Account {
        let server = LocalStripe::start();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let clock = Arc::new(ManualClock::at(now.as_millis() as i64));
        let configure = |config: &mut server::config::Config| {
            config.web.shop_url = Some(SHOP.to_owned());
            config.stripe = Some(server::config::Stripe {
                secret_key: KEY.to_owned(),
                webhook_secrets: vec![SECRET.to_owned()],
                api_url: server.url(),
                page_url: server.url(),
            });
        };
        let shop = TestShop::open(Data::embedded(), clock, Arc::default(), None, configure).await;
        Account {
            server,
            client: http::client().build().unwrap(),
            shop,
        }
    }

    fn gateway(&self) -> Arc<dyn PaymentGateway> {
        self.shop.engine.payments.gateway.clone()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}{path}", self.server.url());
        let call = self.client.post(url).bearer_auth(KEY).form(form);
        let answer = call.send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap_or_default()
    }

    /// A buyer pays by card, with our number.
    async fn pays(&self, payment: PaymentId) -> String {
        let card = [
            ("type", "card"),
            ("card[number]", "4242424242424242"),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let card = self.post("/v1/payment_methods", &card).await;
        let number = payment.to_string();
        let paid = [
            ("amount", "9900"),
            ("currency", "cny"),
            ("payment_method", card["id"].as_str().unwrap()),
            ("confirm", "true"),
            ("metadata[seckill_payment]", number.as_str()),
        ];
        let intent = self.post("/v1/payment_intents", &paid).await;
        assert_eq!(intent["status"], "succeeded");
        intent["id"].as_str().unwrap().to_owned()
    }

    async fn refunds_of(&self, intent: &str) -> Vec<Value> {
        let url = format!("{}/v1/refunds?payment_intent={intent}", self.server.url());
        let listed = self.client.get(url).bearer_auth(KEY).send().await.unwrap();
        let mut listed: Value = listed.json().await.unwrap();
        serde_json::from_value(listed["data"].take()).unwrap()
    }
}

#[tokio::test]
async fn localstripe_refunds_once() {
    let account = Account::new().await;
    let payment_id = PaymentId(account.shop.ids.next());
    let intent = account.pays(payment_id).await;
    let refund = RefundRequest {
        payment_id,
        provider_number: intent.clone(),
        amount: Amount::of(PRICE),
    };
    for _ in 0..3 {
        let state = account.gateway().refund(&refund).await.unwrap();
        assert_eq!(state, RefundState::Done);
    }
    let refunds = account.refunds_of(&intent).await;
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    assert_eq!(refunds[0]["amount"], PRICE);
    assert_eq!(
        refunds[0]["metadata"]["seckill_payment"],
        payment_id.to_string()
    );
    let unknown = RefundRequest {
        provider_number: "pi_nobodys".to_owned(),
        ..refund
    };
    let refused = account.gateway().refund(&unknown).await.unwrap_err();
    assert!(matches!(refused, PortError::Failed { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_notice_signed_by_localstripe_is_accepted() {
    type Sent = Arc<Mutex<HashMap<String, String>>>;
    let account = Account::new().await;
    let sent = Sent::default();
    let kept = sent.clone();
    let keep = move |headers: HeaderMap, body: String| {
        let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
        kept.lock().unwrap().insert(signature, body);
        std::future::ready(())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(keep));
    let listening = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let webhook = [("url", url.as_str()), ("secret", SECRET)];
    account.post("/_config/webhooks/shop", &webhook).await;
    let payment_id = PaymentId(account.shop.ids.next());
    // It sends no notices of payments; those that it sends have the same signature.
    let number = payment_id.to_string();
    let customer = [
        ("description", "9900"),
        ("metadata[seckill_payment]", number.as_str()),
    ];
    account.post("/v1/customers", &customer).await;
    let (signature, body) = eventually("a notice of the customer", async || {
        let sent = sent.lock().unwrap();
        let of_customer = |(_, body): &(&String, &String)| body.contains("customer.created");
        let found = sent.iter().find(of_customer);
        found.map(|(signature, body)| (signature.clone(), body.clone()))
    })
    .await;
    listening.abort();
    let verify = |body: &str| {
        account.gateway().verify(NoticeRequest {
            headers: &[("stripe-signature", &signature)],
            body: body.as_bytes(),
        })
    };
    let Verified::Notice(notice) = verify(&body) else {
        panic!("{signature} {body}");
    };
    assert_eq!(notice.merchant_number, payment_id.to_string());
    assert_eq!(notice.fact, NoticeFact::Other, "of a customer");
    assert_eq!(verify(&body.replace("9900", "9901")), Verified::Forged);
}
