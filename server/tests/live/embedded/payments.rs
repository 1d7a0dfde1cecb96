//! The process dies at a call of a payment or a refund, before or after its effect, and is restarted.
//! Covers every such call that changes something.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::client::{Answer, TestClient};
use crate::process::{Process, Sale, Shop};

/// Concurrent shops: more would only wait for a processor.
const SHOPS: usize = 8;
/// Longer than the time to pay on a slow machine, plus all pauses between notices and between refund tries.
const ENDS_WITHIN: Duration = Duration::from_mins(3);
/// First time to pay of an order that is to expire; doubled on machines that are too slow for it.
const PAY_WINDOW_S: u32 = 6;
/// Time to pay of orders that are not to expire.
const LONG_WINDOW_S: u32 = 600;
const ADMIN: &str = "13800009999";

/// The buyer's action at the provider, and the shop's with the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Pays,
    /// Pays, but no notice comes: the shop must ask.
    PaysSilently,
    DoesNothing,
    /// Pays after the order is closed: the money is refunded.
    PaysLate,
    /// Pays, and the shop refunds the money.
    IsRefunded,
}

/// Every call that changes something: its way, its name, and which call of that name.
const CALLS: [(Way, &str, u32); 20] = [
    (Way::Pays, "begin", 1),
    (Way::Pays, "create_charge", 1),
    (Way::Pays, "created", 1),
    (Way::Pays, "keep", 1),
    (Way::Pays, "settle", 1),
    (Way::Pays, "applied", 1),
    (Way::Pays, "confirmed", 1),
    (Way::PaysSilently, "claim_check", 1),
    (Way::PaysSilently, "query_charge", 1),
    (Way::PaysSilently, "settle", 1),
    // The first call finds the payment open.
    (Way::DoesNothing, "close", 1),
    (Way::DoesNothing, "close_charge", 1),
    (Way::DoesNothing, "closed", 1),
    (Way::DoesNothing, "close", 2),
    (Way::DoesNothing, "released", 1),
    (Way::PaysLate, "settle", 1),
    (Way::PaysLate, "trying", 1),
    (Way::PaysLate, "refund_charge", 1),
    (Way::PaysLate, "done", 1),
    (Way::IsRefunded, "refund_order", 1),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_call_of_a_payment_or_refund_loses_no_money_and_counts_none_twice() {
    let turns = Semaphore::new(SHOPS);
    let mut cases = Vec::new();
    for (way, call, nth) in CALLS {
        for point in ["before", "after"] {
            let fault = format!("{call}:{point}:{nth}:die");
            let turns = &turns;
            cases.push(async move {
                let _turn = turns.acquire().await.unwrap();
                let begun = Instant::now();
                case(way, &fault).await;
                println!("{way:?}, {fault}: {:.1} s", begun.elapsed().as_secs_f64());
            });
        }
    }
    join_all(cases).await;
}

async fn case(way: Way, fault: &str) {
    let mut window_s = match way {
        Way::DoesNothing | Way::PaysLate => PAY_WINDOW_S,
        Way::Pays | Way::PaysSilently | Way::IsRefunded => LONG_WINDOW_S,
    };
    let (mut case, order, page) = loop {
        let mut case = Case::begin(way, fault, window_s).await;
        let order = case.orders().await;
        match case.goes_to_pay(&order).await {
            Some(page) => break (case, order, page),
            None => window_s *= 2,
        }
        assert!(window_s < LONG_WINDOW_S, "{way:?}, {fault}: nobody can pay");
    };
    case.acts_at_the_provider(&page).await;
    if way == Way::IsRefunded {
        case.reaches(&order, "paid").await;
        case.gives_the_money_back(&order).await;
    }
    case.ends(&order).await;
}

/// A buyer, and a shop that dies once.
struct Case {
    way: Way,
    fault: String,
    shop: Shop,
    sale: Sale,
    server: Process,
    client: TestClient,
    admin: Option<String>,
    has_died: bool,
}

impl Case {
    async fn begin(way: Way, fault: &str, window_s: u32) -> Case {
        let settings = [
            ("PAY_GRACE_S", "0".to_owned()),
            ("INJECT_FAULT", fault.to_owned()),
        ];
        let shop = Shop::with(&settings);
        let sale = shop.seed_with(&[
            "--stock",
            "1",
            "--buyers",
            "1",
            "--starts-in-s",
            "0",
            "--pay-window-s",
            &window_s.to_string(),
        ]);
        let admin = (way == Way::IsRefunded).then(|| {
            let printed = shop.printed(&["account", "add", ADMIN, "boss", "--role", "admin"]);
            printed.split_whitespace().last().unwrap().to_owned()
        });
        let server = Process::start(&shop, &[]).await;
        Case {
            way,
            fault: fault.to_owned(),
            client: TestClient::new(shop.url()),
            shop,
            sale,
            server,
            admin,
            has_died: false,
        }
    }

    /// Repeats a call, even if the shop died and was restarted, until the expected answer comes.
    async fn until(
        &mut self,
        (method, address, token): (Method, &str, &str),
        body: Option<Value>,
        awaited: impl Fn(&Case, &Answer) -> bool,
    ) -> Answer {
        let deadline = Instant::now() + ENDS_WITHIN;
        let mut last = None;
        loop {
            if self.server.has_ended() {
                assert!(!self.has_died, "{}: it died twice", self.fault);
                self.has_died = true;
                self.shop.set("INJECT_FAULT", "");
                self.server = Process::start(&self.shop, &[]).await;
            }
            let called = self
                .client
                .try_call(method.clone(), address, token, body.as_ref());
            if let Some(answer) = called.await {
                if awaited(self, &answer) {
                    return answer;
                }
                last = Some(answer);
            }
            let (way, fault) = (self.way, &self.fault);
            assert!(
                Instant::now() < deadline,
                "{way:?}, {fault}, died: {}: {address} last said {last:?}",
                self.has_died
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn token(&self) -> String {
        self.sale.tokens[0].clone()
    }

    async fn orders(&self) -> String {
        let (item_id, token) = (&self.sale.item_id, self.token());
        let path = self.client.path(item_id, &token).await.text("path");
        let bought = self.client.purchase(&path, item_id, &token).await;
        let reservation = bought.text("reservation_id");
        self.client.order_of(&reservation, &token).await
    }

    /// `None` if the time to pay was already over.
    async fn goes_to_pay(&mut self, order: &str) -> Option<String> {
        let (token, body) = (self.token(), json!({ "order_id": order }));
        let call = (Method::POST, "/api/pay", token.as_str());
        let awaited =
            |_: &Case, answer: &Answer| answer.status == 200 || answer.error() == "order_state";
        let answer = self.until(call, Some(body), awaited).await;
        (answer.status == 200).then(|| answer.text("url"))
    }

    async fn acts_at_the_provider(&mut self, page: &str) {
        let action = match self.way {
            Way::Pays | Way::IsRefunded => "pay",
            Way::PaysSilently => "pay_silently",
            Way::PaysLate => "pay_late",
            Way::DoesNothing => return,
        };
        // The shop may die from the notice before the answer is read.
        self.client.try_form(page, &[("action", action)]).await;
    }

    async fn gives_the_money_back(&mut self, order: &str) {
        let password = self.admin.clone().unwrap();
        let log_in = [("mobile", ADMIN), ("password", &*password)];
        let token = self.client.form("/api/login", &log_in).await.token.unwrap();
        let body = json!({ "order_id": order, "reason": "a test", "password": password });
        let call = (Method::POST, "/api/admin/orders/refund", token.as_str());
        // It has started, even if that answer was lost.
        let begun =
            |_: &Case, answer: &Answer| answer.status == 200 || answer.error() == "order_state";
        self.until(call, Some(body), begun).await;
    }

    async fn reaches(&mut self, order: &str, state: &str) -> Answer {
        let (token, address) = (self.token(), format!("/api/order?order_id={order}"));
        let call = (Method::GET, address.as_str(), token.as_str());
        self.until(call, None, |_, answer| answer.body["state"] == state)
            .await
    }

    /// Everything is done, the shop has died in between, and both sides agree on the money.
    async fn ends(mut self, order: &str) {
        let (way, token) = (self.way, self.token());
        let address = format!("/api/order?order_id={order}");
        let call = (Method::GET, address.as_str(), token.as_str());
        let (state, kept) = match way {
            Way::Pays | Way::PaysSilently => ("paid", 1),
            Way::DoesNothing | Way::PaysLate => ("closed", 0),
            Way::IsRefunded => ("refunded", 0),
        };
        let went_back = matches!(way, Way::PaysLate | Way::IsRefunded);
        if state == "closed" {
            // Viewing the order itself makes the shop ask the provider; here its deadline does.
            let call = (Method::GET, "/api/orders", token.as_str());
            self.until(call, None, |case, answer| {
                let may_die_later = case.way == Way::PaysLate;
                (case.has_died || may_die_later) && answer.body[0]["state"] == state
            })
            .await;
        }
        self.until(call, None, |case, answer| {
            let refunded = answer.body["refund"]["done"] == true;
            case.has_died && answer.body["state"] == state && refunded == went_back
        })
        .await;
        // The gate is told, too.
        let left = u64::from(state == "closed");
        let stock = format!("/api/stock?item_id={}", self.sale.item_id);
        let call = (Method::GET, stock.as_str(), "");
        self.until(call, None, |_, answer| answer.body["sellable"] == left)
            .await;
        self.server.stop().await;
        let audit = self.shop.audit();
        assert!(audit.ok, "{way:?}, {}: {audit:?}", self.fault);
        let refunds = i64::from(went_back);
        assert_eq!(
            books(&self.shop).await,
            [kept, refunds, kept + refunds, refunds],
            "{way:?}, {}",
            self.fault
        );
    }
}

/// The provider's remaining and refunded money, the shop's payments with money, and how often the buyer
/// was told of a refund.
async fn books(shop: &Shop) -> [i64; 4] {
    const ASKED: [&str; 4] = [
        "SELECT COUNT(*) AS n FROM sandbox_payments WHERE refunded_at_ms IS NULL",
        "SELECT COUNT(*) AS n FROM sandbox_payments WHERE refunded_at_ms IS NOT NULL",
        "SELECT COUNT(*) AS n FROM payments p JOIN sandbox_payments s \
         ON s.number = p.provider_number AND p.state = \
         CASE WHEN s.refunded_at_ms IS NULL THEN 'succeeded' ELSE 'refunded' END",
        "SELECT COUNT(*) AS n FROM messages WHERE kind = 'refunded'",
    ];
    let file = shop.data_folder().join("seckill.db");
    let database = Database::connect(format!("sqlite://{}", file.display()));
    let database = database.await.unwrap();
    let mut counts = [0; 4];
    for (count, sql) in counts.iter_mut().zip(ASKED) {
        let asked = Statement::from_string(DbBackend::Sqlite, sql);
        let row = database.query_one_raw(asked).await.unwrap().unwrap();
        *count = row.try_get("", "n").unwrap();
    }
    counts
}
