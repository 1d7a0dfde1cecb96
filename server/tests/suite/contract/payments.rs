//! The contract of [`PaymentGateway`], for the built-in provider, and for the adapters of Stripe and Alipay with a
//! stand-in behind each.

mod alipay;
mod stripe;

use std::sync::Arc;

use app::{
    routes,
    wire::{OrderId, PaymentId},
};
use server::{
    config::{Config, Stripe},
    engine::ports::{
        Amount, Charge, ChargeRequest, NoticeFact, NoticeRequest, PaymentGateway, Receipt,
        RefundRequest, RefundState, SignedNotice, Verified,
    },
    sandbox::{Action, SandboxProvider},
};
use uuid::Builder;

use crate::support::{
    Data, HOUR_MS, ManualClock, START_MS, TestShop,
    alipay::{self as alipay_there, AlipayStandIn},
    both,
    stripe::{Act, StripeStandIn},
};

const PRICE: i64 = 9_900;
const WINDOW_MS: i64 = 600_000;

/// A shop's gateway, and its provider.
struct Provider {
    shop: TestShop,
    gateway: Arc<dyn PaymentGateway>,
    there: There,
}

/// The provider itself.
enum There {
    BuiltIn,
    Stripe(StripeStandIn),
    Alipay(AlipayStandIn),
}

/// A sent notice: the place of its signature, and the body without one.
struct Sent {
    place: Place,
    signature: String,
    body: String,
}

/// The place of a signature.
enum Place {
    Header(&'static str),
    /// A field of the body, which is a form.
    Field(&'static str),
}

impl Provider {
    async fn built_in() -> Provider {
        let shop = TestShop::new().await;
        Provider {
            gateway: shop.engine.payments.gateway.clone(),
            shop,
            there: There::BuiltIn,
        }
    }

    async fn stripe() -> Provider {
        Provider::stripe_with(|_| {}).await
    }

    /// The same with other settings.
    async fn stripe_with(change: impl FnOnce(&mut Stripe)) -> Provider {
        let clock = Arc::new(ManualClock::at(START_MS));
        let stand_in = StripeStandIn::start(clock.clone()).await;
        let data = Data::of_the_stack();
        let configure = |config: &mut Config| {
            stand_in.configure(config);
            change(config.stripe.as_mut().unwrap());
        };
        let shop = TestShop::open(data, clock, Arc::default(), None, configure).await;
        Provider {
            gateway: shop.engine.payments.gateway.clone(),
            shop,
            there: There::Stripe(stand_in),
        }
    }

    async fn alipay() -> Provider {
        Provider::alipay_with(|_| {}).await
    }

    /// The same with other settings.
    async fn alipay_with(change: impl FnOnce(&mut Config)) -> Provider {
        let clock = Arc::new(ManualClock::at(START_MS));
        let stand_in = AlipayStandIn::start(clock.clone()).await;
        let data = Data::of_the_stack();
        let configure = |config: &mut Config| {
            stand_in.configure(config);
            change(config);
        };
        let shop = TestShop::open(data, clock, Arc::default(), None, configure).await;
        Provider {
            gateway: shop.engine.payments.gateway.clone(),
            shop,
            there: There::Alipay(stand_in),
        }
    }

    async fn all() -> [Provider; 3] {
        [
            Provider::built_in().await,
            Provider::stripe().await,
            Provider::alipay().await,
        ]
    }

    /// A charge that expires in `life_ms`.
    fn charge(&self, life_ms: i64) -> ChargeRequest {
        // Numbers contain the time, like the shop's.
        let (now_ms, next) = (self.shop.clock.get() as u64, self.shop.ids.next());
        let rest = next.as_bytes()[6..].try_into().unwrap();
        let number = Builder::from_unix_timestamp_millis(now_ms, rest);
        ChargeRequest {
            payment_id: PaymentId(number.into_uuid()),
            order_id: OrderId(self.shop.ids.next()),
            amount: Amount::of(PRICE),
            title: both("手冲壶", "Pour-over kettle"),
            expires_at_ms: self.shop.clock.get() + life_ms,
        }
    }

    /// A buyer pays on the charge's page, if that is still possible.
    async fn pays(&self, charge: &ChargeRequest, page: &str) {
        match &self.there {
            There::Stripe(stand_in) => drop(stand_in.act(page, Act::Pay).await),
            There::Alipay(stand_in) => drop(stand_in.act(page, alipay_there::Act::Pay).await),
            There::BuiltIn => {
                let payment = charge.payment_id;
                assert_eq!(page, routes::sandbox(payment));
                self.shop.sandbox().act(payment, Action::Pay).await.unwrap();
            }
        }
    }

    /// A buyer opens the charge's page. Only then does Alipay know the charge.
    async fn comes_to(&self, page: &str) {
        if let There::Alipay(stand_in) = &self.there {
            stand_in.act(page, alipay_there::Act::Scan).await.unwrap();
        }
    }

    async fn notices(&self) -> Vec<Sent> {
        let sent = |place: fn() -> Place, notices: Vec<(String, String)>| -> Vec<Sent> {
            let sent = notices.into_iter().map(|(signature, body)| Sent {
                place: place(),
                signature,
                body,
            });
            sent.collect()
        };
        match &self.there {
            There::Stripe(stand_in) => sent(
                || Place::Header("stripe-signature"),
                stand_in.take_notices(),
            ),
            There::Alipay(stand_in) => {
                let notices = stand_in.take_notices().into_iter();
                let signed =
                    notices.map(|fields| (stand_in.sign(&fields), alipay_there::encoded(&fields)));
                sent(|| Place::Field("sign"), signed.collect())
            }
            There::BuiltIn => {
                let notices = self.shop.take_sandbox_notices().await;
                sent(|| Place::Header("sandbox-signature"), notices)
            }
        }
    }

    fn verify(&self, sent: &Sent) -> Verified {
        let (headers, body) = match sent.place {
            Place::Header(name) => (vec![(name, sent.signature.as_str())], sent.body.clone()),
            Place::Field(name) => {
                let mut form = form_urlencoded::Serializer::new(sent.body.clone());
                form.append_pair("sign_type", "RSA2");
                form.append_pair(name, &sent.signature);
                (Vec::new(), form.finish())
            }
        };
        self.gateway.verify(NoticeRequest {
            headers: &headers,
            body: body.as_bytes(),
        })
    }

    /// The buyers' money at the provider.
    async fn balance(&self) -> i64 {
        match &self.there {
            There::Stripe(stand_in) => stand_in.balance(),
            There::Alipay(stand_in) => stand_in.balance(),
            There::BuiltIn => {
                let balance = self.shop.sql.sandbox_balance().await.unwrap();
                balance.iter().map(|amount| amount.minor).sum()
            }
        }
    }

    /// A paid charge, and its receipt.
    async fn paid(&self) -> (ChargeRequest, Receipt) {
        let charge = self.charge(WINDOW_MS);
        let page = self.gateway.create(&charge).await.unwrap();
        self.pays(&charge, &page).await;
        match self.gateway.query(charge.payment_id).await.unwrap() {
            Charge::Paid(receipt) => (charge, receipt),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_charge_created_again_is_the_same() {
    for provider in Provider::all().await {
        let gateway = &provider.gateway;
        let charge = provider.charge(WINDOW_MS);
        let unknown = gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(unknown, Charge::Unknown);
        assert!(gateway.name().len() <= 16);
        let page = gateway.create(&charge).await.unwrap();
        assert!(page.len() <= 2_000, "{page}");
        // The buyer returns until the last moment.
        for _ in 0..3 {
            provider.shop.clock.advance(WINDOW_MS / 3 - 1);
            assert_eq!(gateway.create(&charge).await.unwrap(), page);
        }
        provider.comes_to(&page).await;
        let open = gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(open, Charge::Open);
        let other = gateway.create(&provider.charge(WINDOW_MS)).await.unwrap();
        assert_ne!(other, page);
    }
}

#[tokio::test]
async fn a_charge_can_be_created_for_any_time_to_pay() {
    for provider in Provider::all().await {
        for life_ms in [1, 60_000, HOUR_MS, 24 * HOUR_MS, 23 * 24 * HOUR_MS] {
            let charge = provider.charge(life_ms);
            let page = provider.gateway.create(&charge).await.unwrap();
            let again = provider.gateway.create(&charge).await.unwrap();
            assert_eq!(page, again, "{life_ms}");
        }
    }
}

#[tokio::test]
async fn a_query_finds_received_money_with_its_number_and_sum() {
    for provider in Provider::all().await {
        let (charge, receipt) = provider.paid().await;
        assert_eq!(receipt.payment_id, charge.payment_id);
        assert_eq!(receipt.amount, charge.amount);
        let number = &receipt.provider_number;
        assert!((1..=64).contains(&number.len()), "{number}");
        let again = provider.gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(again, Charge::Paid(receipt));
    }
}

#[tokio::test]
async fn a_closed_charge_cannot_be_paid() {
    for provider in Provider::all().await {
        let gateway = &provider.gateway;
        let charge = provider.charge(WINDOW_MS);
        let early = gateway.close(charge.payment_id).await.unwrap();
        assert_eq!(early, Charge::Unknown, "it may still be made");
        let page = gateway.create(&charge).await.unwrap();
        provider.comes_to(&page).await;
        for _ in 0..2 {
            let closed = gateway.close(charge.payment_id).await.unwrap();
            assert_eq!(closed, Charge::Closed);
        }
        provider.pays(&charge, &page).await;
        assert_eq!(provider.balance().await, 0);
        let closed = gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(closed, Charge::Closed);
    }
}

#[tokio::test]
async fn closing_a_paid_charge_reports_the_payment() {
    for provider in Provider::all().await {
        let (charge, receipt) = provider.paid().await;
        for _ in 0..2 {
            let closed = provider.gateway.close(charge.payment_id).await.unwrap();
            assert_eq!(closed, Charge::Paid(receipt.clone()));
        }
        assert_eq!(provider.balance().await, PRICE);
    }
}

#[tokio::test]
async fn repeated_refund_calls_refund_once() {
    for provider in Provider::all().await {
        let (charge, receipt) = provider.paid().await;
        provider.paid().await;
        let refund = RefundRequest {
            payment_id: charge.payment_id,
            provider_number: receipt.provider_number.clone(),
            amount: receipt.amount.clone(),
        };
        for _ in 0..3 {
            let state = provider.gateway.refund(&refund).await.unwrap();
            assert_eq!(state, RefundState::Done);
            // A day later the provider may have forgotten the request.
            provider.shop.clock.advance(25 * HOUR_MS);
        }
        assert_eq!(provider.balance().await, PRICE, "the other's");
        // Refunded money still counts as received.
        let charge = provider.gateway.query(charge.payment_id).await.unwrap();
        assert_eq!(charge, Charge::Paid(receipt));
        let unknown = RefundRequest {
            provider_number: "nobody's".to_owned(),
            ..refund
        };
        assert!(provider.gateway.refund(&unknown).await.is_err());
    }
}

#[tokio::test]
async fn a_notice_agrees_with_a_query() {
    for provider in Provider::all().await {
        let (charge, receipt) = provider.paid().await;
        let sent = provider.notices().await;
        assert_eq!(sent.len(), 1);
        let Verified::Notice(notice) = provider.verify(&sent[0]) else {
            panic!("{:?}", provider.verify(&sent[0]));
        };
        let SignedNotice {
            event_id,
            merchant_number,
            fact,
        } = notice;
        assert!((1..=64).contains(&event_id.len()), "{event_id}");
        assert_eq!(merchant_number, charge.payment_id.to_string());
        let paid = NoticeFact::Paid {
            provider_number: receipt.provider_number,
            amount: receipt.amount,
        };
        assert_eq!(fact, paid);
    }
}

#[tokio::test]
async fn a_notice_without_the_provider_s_signature_is_forged() {
    for provider in Provider::all().await {
        provider.paid().await;
        let mut sent = provider.notices().await.remove(0);
        let (body, signature) = (sent.body.clone(), sent.signature.clone());
        sent.body = body.replace("9900", "9901").replace("99.00", "99.01");
        assert_ne!(sent.body, body);
        assert_eq!(provider.verify(&sent), Verified::Forged);
        sent.body = format!("{body}{}", " ".repeat(10_000));
        assert_eq!(provider.verify(&sent), Verified::Forged);
        sent.body = body;
        let wrong = [
            signature.replace("v1=", "v0="),
            format!("{signature}0"),
            String::new(),
        ];
        for wrong in wrong.into_iter().filter(|wrong| *wrong != signature) {
            sent.signature = wrong;
            assert_eq!(provider.verify(&sent), Verified::Forged);
        }
        sent.signature = signature;
        sent.place = match sent.place {
            Place::Header(_) => Place::Header("signature"),
            Place::Field(_) => Place::Field("signature"),
        };
        assert_eq!(provider.verify(&sent), Verified::Forged);
    }
}
