//! Stripe's objects, as far as the shop reads them. Other fields are ignored.

use serde::Deserialize;

/// The form field that stores our payment number in an object.
pub const METADATA: &str = "metadata[seckill_payment]";
/// The same for the `PaymentIntent` of a session, which passes it on to its charge.
pub const INTENT_METADATA: &str = "payment_intent_data[metadata][seckill_payment]";

/// The metadata that the shop stored in an object.
#[derive(Debug, Default, Deserialize)]
pub struct Metadata {
    /// Our number of the payment; `None` on objects that other programs made in the same account.
    pub seckill_payment: Option<String>,
}

/// A Checkout Session.
#[derive(Debug, Deserialize)]
pub struct Session {
    pub id: String,
    /// Where the buyer pays, while the session is open.
    pub url: Option<String>,
    /// `open`, `complete` or `expired`.
    pub status: Option<String>,
    /// `paid`, `unpaid` or `no_payment_required`.
    pub payment_status: Option<String>,
    pub amount_total: Option<i64>,
    pub currency: Option<String>,
    pub payment_intent: Option<Expandable>,
    pub metadata: Option<Metadata>,
}

/// An object, or only its number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Expandable {
    Id(String),
    Object(Intent),
}

impl Expandable {
    pub fn id(&self) -> &str {
        match self {
            Expandable::Id(id) => id,
            Expandable::Object(intent) => &intent.id,
        }
    }
}

/// A `PaymentIntent`.
#[derive(Debug, Deserialize)]
pub struct Intent {
    pub id: String,
    pub status: String,
    #[serde(default)]
    pub amount_received: i64,
    pub currency: String,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub struct Refund {
    pub id: String,
    pub amount: i64,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`.
    pub status: Option<String>,
    pub failure_reason: Option<String>,
    pub metadata: Option<Metadata>,
}

impl Refund {
    pub fn status(&self) -> &str {
        self.status.as_deref().unwrap_or_default()
    }
}

/// A page of refunds.
#[derive(Debug, Deserialize)]
pub struct Refunds {
    pub data: Vec<Refund>,
}

/// A notice.
#[derive(Debug, Deserialize)]
pub struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// It is about real money.
    pub livemode: bool,
    pub data: EventData,
}

/// The subject of a notice.
#[derive(Debug, Deserialize)]
pub struct EventData {
    /// Its shape depends on the type.
    pub object: serde_json::Value,
}

/// Any object of a notice that changes nothing here.
#[derive(Debug, Default, Deserialize)]
pub struct Anything {
    pub metadata: Option<Metadata>,
}

/// Why a call was refused.
#[derive(Debug, Deserialize)]
pub struct ErrorBody {
    pub error: ErrorWords,
}

/// In Stripe's words.
#[derive(Debug, Deserialize)]
pub struct ErrorWords {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: Option<String>,
    pub param: Option<String>,
    pub message: Option<String>,
}

/// Whether a session's number is safe in an address.
pub fn is_session_id(id: &str) -> bool {
    id.starts_with("cs_") && is_number(id, 255)
}

/// Whether a `PaymentIntent`'s number fits into the ledger.
pub fn is_intent_id(id: &str) -> bool {
    id.starts_with("pi_") && is_number(id, 64)
}

/// Whether an event's number fits into the ledger.
pub fn is_event_id(id: &str) -> bool {
    is_number(id, 64)
}

fn is_number(id: &str, longest: usize) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=longest).contains(&id.len()) && id.bytes().all(fits)
}
