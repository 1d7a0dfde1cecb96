//! The stand-in's data: sessions, their payments, refunds, and notices about them.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use crate::support::ManualClock;

/// Fields of a call, decoded.
pub type Fields = BTreeMap<String, String>;
/// An object, or the status and body of a refusal.
pub type Answer = Result<Value, (u16, Value)>;

/// A buyer's action on the page of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Pay,
    /// By a slow bank.
    PaySlowly,
}

impl Act {
    pub fn word(self) -> &'static str {
        match self {
            Act::Pay => "pay",
            Act::PaySlowly => "pay_slowly",
        }
    }
}

struct Session {
    amount: i64,
    currency: String,
    metadata: Value,
    /// `open`, `complete` or `expired`.
    status: &'static str,
    /// The state of its `PaymentIntent`, once there is one.
    intent: Option<&'static str>,
    expires_at_s: i64,
    success_url: String,
}

struct Refund {
    intent: String,
    amount: i64,
    status: &'static str,
    metadata: Value,
}

pub struct Account {
    clock: Arc<ManualClock>,
    origin: String,
    /// By number; `pi_1` is the payment in `cs_test_1`.
    sessions: BTreeMap<u32, Session>,
    refunds: Vec<Refund>,
    refund_status: &'static str,
    events: u32,
    notices: Vec<String>,
}

/// The session fields that the stand-in accepts; Stripe refuses unknown ones.
const FIELDS: [&str; 12] = [
    "mode",
    "client_reference_id",
    "metadata[seckill_payment]",
    "payment_intent_data[metadata][seckill_payment]",
    "line_items[0][quantity]",
    "line_items[0][price_data][currency]",
    "line_items[0][price_data][unit_amount]",
    "line_items[0][price_data][product_data][name]",
    "adaptive_pricing[enabled]",
    "success_url",
    "cancel_url",
    "expires_at",
];

pub fn refusal(status: u16, code: &str, message: &str) -> (u16, Value) {
    let error = json!({ "type": "invalid_request_error", "code": code, "message": message });
    (status, json!({ "error": error }))
}

fn missing() -> (u16, Value) {
    refusal(404, "resource_missing", "No such object")
}

impl Account {
    pub fn new(clock: Arc<ManualClock>, origin: String) -> Account {
        Account {
            clock,
            origin,
            sessions: BTreeMap::new(),
            refunds: Vec::new(),
            refund_status: "succeeded",
            events: 0,
            notices: Vec::new(),
        }
    }

    pub fn now_s(&self) -> i64 {
        self.clock.get() / 1_000
    }

    /// Expired sessions end by themselves.
    pub fn expire(&mut self) {
        let now_s = self.now_s();
        let over: Vec<u32> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.status == "open" && session.expires_at_s <= now_s)
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            self.end(number);
        }
    }

    fn end(&mut self, number: u32) {
        self.sessions.get_mut(&number).unwrap().status = "expired";
        self.announce_session("checkout.session.expired", number);
    }

    pub fn create(&mut self, form: &Fields) -> Answer {
        let invalid = |field: &str| refusal(400, "parameter_invalid", field);
        if let Some(unknown) = form.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            return Err(refusal(400, "parameter_unknown", unknown));
        }
        let field = |name: &str| form.get(name).cloned().unwrap_or_default();
        let number = |name: &str| field(name).parse::<i64>().ok();
        if field("mode") != "payment" || field("line_items[0][quantity]") != "1" {
            return Err(invalid("mode or quantity"));
        }
        if field("line_items[0][price_data][product_data][name]").is_empty() {
            return Err(invalid("name"));
        }
        let currency = field("line_items[0][price_data][currency]");
        if currency.len() != 3 || currency != currency.to_lowercase() {
            return Err(invalid("currency"));
        }
        let amount = number("line_items[0][price_data][unit_amount]").filter(|sum| *sum > 0);
        let amount = amount.ok_or_else(|| invalid("unit_amount"))?;
        let now_s = self.now_s();
        let expires_at_s = match form.contains_key("expires_at") {
            true => number("expires_at").ok_or_else(|| invalid("expires_at"))?,
            false => now_s + 24 * 3_600,
        };
        // Stripe's rule: from 30 minutes to 24 hours after the session's creation.
        if !(now_s + 30 * 60..=now_s + 24 * 3_600).contains(&expires_at_s) {
            return Err(invalid("expires_at"));
        }
        let next = self.sessions.len() as u32 + 1;
        let session = Session {
            amount,
            currency,
            metadata: json!({ "seckill_payment": field("metadata[seckill_payment]") }),
            status: "open",
            intent: None,
            expires_at_s,
            success_url: field("success_url"),
        };
        self.sessions.insert(next, session);
        Ok(self.session(next, false))
    }

    fn session(&self, number: u32, expanded: bool) -> Value {
        let session = &self.sessions[&number];
        let intent = session.intent.map(|status| match expanded {
            false => json!(format!("pi_{number}")),
            true => json!({
                "id": format!("pi_{number}"), "object": "payment_intent", "status": status,
                "amount": session.amount, "currency": session.currency,
                "amount_received": if status == "succeeded" { session.amount } else { 0 },
                "metadata": session.metadata,
            }),
        });
        let paid = session.intent == Some("succeeded");
        let url = format!("{}/c/pay/cs_test_{number}", self.origin);
        json!({
            "id": format!("cs_test_{number}"), "object": "checkout.session", "livemode": false,
            "status": session.status,
            "payment_status": if paid { "paid" } else { "unpaid" },
            "amount_total": session.amount, "currency": session.currency,
            "expires_at": session.expires_at_s, "metadata": session.metadata,
            "payment_intent": intent,
            "url": (session.status == "open").then_some(url),
        })
    }

    fn found(&self, id: &str) -> Result<u32, (u16, Value)> {
        let number = id.strip_prefix("cs_test_").and_then(|id| id.parse().ok());
        let number = number.filter(|number| self.sessions.contains_key(number));
        number.ok_or_else(missing)
    }

    pub fn retrieve(&self, id: &str, query: &Fields) -> Answer {
        let expanded = query
            .get("expand[]")
            .is_some_and(|what| what == "payment_intent");
        Ok(self.session(self.found(id)?, expanded))
    }

    pub fn expire_now(&mut self, id: &str) -> Answer {
        let number = self.found(id)?;
        if self.sessions[&number].status != "open" {
            return Err(refusal(
                400,
                "",
                "Only open Checkout Sessions can be expired",
            ));
        }
        self.end(number);
        Ok(self.session(number, false))
    }

    /// A buyer presses a button; returns the next address.
    pub fn act(&mut self, id: &str, act: &str) -> Option<String> {
        let number = self.found(id).ok()?;
        let session = self.sessions.get_mut(&number)?;
        if session.status != "open" {
            return None;
        }
        session.status = "complete";
        session.intent = Some(match act {
            "pay" => "succeeded",
            _ => "processing",
        });
        let to = session.success_url.clone();
        self.announce_session("checkout.session.completed", number);
        Some(to)
    }

    pub fn bank_says(&mut self, yes: bool) {
        let waiting: Vec<u32> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.intent == Some("processing"))
            .map(|(number, _)| *number)
            .collect();
        for number in waiting {
            let (status, kind) = match yes {
                true => ("succeeded", "checkout.session.async_payment_succeeded"),
                false => (
                    "requires_payment_method",
                    "checkout.session.async_payment_failed",
                ),
            };
            self.sessions.get_mut(&number).unwrap().intent = Some(status);
            self.announce_session(kind, number);
        }
    }

    pub fn refund(&mut self, form: &Fields) -> Answer {
        let intent = form.get("payment_intent").cloned().unwrap_or_default();
        let session = intent.strip_prefix("pi_").and_then(|id| id.parse().ok());
        let session = session.and_then(|number: u32| self.sessions.get(&number));
        let session = session.ok_or_else(missing)?;
        if session.intent != Some("succeeded") {
            return Err(refusal(400, "charge_not_captured", "nothing was paid"));
        }
        let back = self.sent_back(&intent);
        let amount = form.get("amount").and_then(|sum| sum.parse().ok());
        let amount = amount.unwrap_or(session.amount - back);
        if amount <= 0 || back + amount > session.amount {
            return Err(refusal(400, "charge_already_refunded", "it went back"));
        }
        let metadata = form.get("metadata[seckill_payment]");
        self.refunds.push(Refund {
            intent,
            amount,
            status: self.refund_status,
            metadata: json!({ "seckill_payment": metadata }),
        });
        let object = self.refund_object(self.refunds.len() - 1);
        self.announce("charge.refunded", &json!({ "object": "charge" }));
        self.announce("refund.updated", &object);
        Ok(object)
    }

    fn refund_object(&self, at: usize) -> Value {
        let refund = &self.refunds[at];
        json!({
            "id": format!("re_{at}"), "object": "refund", "amount": refund.amount,
            "status": refund.status, "payment_intent": refund.intent,
            "metadata": refund.metadata,
        })
    }

    fn sent_back(&self, intent: &str) -> i64 {
        let counts = |refund: &&Refund| {
            refund.intent == intent && !["failed", "canceled"].contains(&refund.status)
        };
        self.refunds
            .iter()
            .filter(counts)
            .map(|refund| refund.amount)
            .sum()
    }

    pub fn list_refunds(&self, query: &Fields) -> Value {
        let of = query.get("payment_intent");
        let found = (0..self.refunds.len()).filter(|at| of == Some(&self.refunds[*at].intent));
        let data: Vec<Value> = found.map(|at| self.refund_object(at)).collect();
        json!({ "object": "list", "data": data, "has_more": false })
    }

    pub fn refunds_are(&mut self, status: &'static str) {
        self.refund_status = status;
        for at in 0..self.refunds.len() {
            self.refunds[at].status = status;
            let kind = match status {
                "failed" => "refund.failed",
                _ => "refund.updated",
            };
            let object = self.refund_object(at);
            self.announce(kind, &object);
        }
    }

    pub fn balance(&self) -> i64 {
        let paid = self
            .sessions
            .iter()
            .filter(|(_, session)| session.intent == Some("succeeded"));
        paid.map(|(number, session)| session.amount - self.sent_back(&format!("pi_{number}")))
            .sum()
    }

    fn announce_session(&mut self, kind: &str, number: u32) {
        let session = self.session(number, false);
        self.announce(kind, &session);
    }

    fn announce(&mut self, kind: &str, object: &Value) {
        self.events += 1;
        let event = json!({
            "id": format!("evt_{}", self.events), "object": "event", "type": kind,
            "livemode": false, "created": self.now_s(), "data": { "object": object },
        });
        self.notices.push(event.to_string());
    }

    pub fn take_notices(&mut self) -> Vec<String> {
        self.expire();
        std::mem::take(&mut self.notices)
    }
}
