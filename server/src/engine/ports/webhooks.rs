//! Programs of others that are told what happens in the shop: addresses, what waits to be sent there, and
//! how it is sent.

use std::{fmt, str::FromStr};

use app::wire::{
    AccountId, CloseReason, ItemId, LocalText, OrderId, ReservationId, RoundId, Shipment,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Amount, ChangedBy, PortError};

/// What a program can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WebhookEvent {
    #[serde(rename = "order.created")]
    OrderCreated,
    #[serde(rename = "order.paid")]
    OrderPaid,
    /// It was not paid in time, or cancelled.
    #[serde(rename = "order.closed")]
    OrderClosed,
    #[serde(rename = "order.shipped")]
    OrderShipped,
    #[serde(rename = "order.received")]
    OrderReceived,
    #[serde(rename = "order.refunded")]
    OrderRefunded,
    #[serde(rename = "round.started")]
    RoundStarted,
    /// Every unit of every item is held or sold, for the first time.
    #[serde(rename = "round.sold_out")]
    RoundSoldOut,
    #[serde(rename = "round.ended")]
    RoundEnded,
}

impl WebhookEvent {
    /// Every one, in the order of the manual.
    pub const ALL: [Self; 9] = [
        WebhookEvent::OrderCreated,
        WebhookEvent::OrderPaid,
        WebhookEvent::OrderClosed,
        WebhookEvent::OrderShipped,
        WebhookEvent::OrderReceived,
        WebhookEvent::OrderRefunded,
        WebhookEvent::RoundStarted,
        WebhookEvent::RoundSoldOut,
        WebhookEvent::RoundEnded,
    ];

    /// As it stands in a message's `type`.
    pub const fn name(self) -> &'static str {
        match self {
            WebhookEvent::OrderCreated => "order.created",
            WebhookEvent::OrderPaid => "order.paid",
            WebhookEvent::OrderClosed => "order.closed",
            WebhookEvent::OrderShipped => "order.shipped",
            WebhookEvent::OrderReceived => "order.received",
            WebhookEvent::OrderRefunded => "order.refunded",
            WebhookEvent::RoundStarted => "round.started",
            WebhookEvent::RoundSoldOut => "round.sold_out",
            WebhookEvent::RoundEnded => "round.ended",
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for WebhookEvent {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|event| event.name() == name);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("there is no such event; there are {known}")
        })
    }
}

/// What signs the messages to an endpoint: 24 to 64 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(pub Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// Why nothing is sent to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchedOff {
    pub at_ms: i64,
    /// In words, for people.
    pub why: String,
}

/// Where messages are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    pub endpoint_id: Uuid,
    /// 2,000 characters at most.
    pub url: String,
    /// Of what it is told; never empty.
    pub events: Vec<WebhookEvent>,
    pub secret: WebhookSecret,
    /// The one before, and until when (epoch milliseconds) it signs beside the new one.
    pub old_secret: Option<(WebhookSecret, i64)>,
    pub created_at_ms: i64,
    pub switched_off: Option<SwitchedOff>,
    /// Nothing is sent before this instant, epoch milliseconds: it did not answer, or asked for a pause.
    pub rests_until_ms: i64,
}

/// A change of an endpoint, by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointChange {
    /// Messages are sent again, and what happens from now on is told.
    SwitchOn,
    /// Nothing is sent, and nothing that happens is told later.
    SwitchOff(SwitchedOff),
    /// Another secret signs; the present one signs beside it until then, epoch milliseconds.
    Rotate(WebhookSecret, i64),
}

/// An order as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldOrder {
    pub order_id: OrderId,
    pub reservation_id: ReservationId,
    pub item_id: ItemId,
    pub round_id: RoundId,
    pub buyer: AccountId,
    pub amount: Amount,
    pub created_at_ms: i64,
    pub pay_deadline_ms: i64,
    pub close_reason: Option<CloseReason>,
    pub shipment: Option<Shipment>,
}

/// A round as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldRound {
    pub round_id: RoundId,
    pub title: LocalText,
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToldOf {
    Order(ToldOrder),
    Round(ToldRound),
}

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    pub delivery_id: Uuid,
    pub event: WebhookEvent,
    /// When it happened, epoch milliseconds.
    pub at_ms: i64,
    /// Since when it is to be sent: when it happened, or was replayed.
    pub waits_since_ms: i64,
    /// How often it was sent without success.
    pub tries: u32,
    pub told_of: ToldOf,
}

/// Why a message did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryFailure {
    /// In words, for people.
    pub error: String,
    /// When it is sent again, epoch milliseconds; never.
    pub next_at_ms: Option<i64>,
}

/// What became of a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryOutcome {
    pub delivery_id: Uuid,
    /// The answer's, if there was one.
    pub status: Option<u16>,
    /// Nothing when it arrived.
    pub failure: Option<DeliveryFailure>,
}

/// How a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    Delivered,
    GivenUp,
}

/// A message, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    pub delivery_id: Uuid,
    pub endpoint_id: Uuid,
    /// Its name, also where this version does not know it.
    pub event: String,
    /// Of the order or round.
    pub subject_id: Uuid,
    pub at_ms: i64,
    pub state: DeliveryState,
    /// How often it was sent without success.
    pub tries: u32,
    /// When it is sent next, while it waits.
    pub next_at_ms: Option<i64>,
    /// The last answer's status, if there was one.
    pub last_status: Option<u16>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// Which messages. What is missing restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    pub endpoint_id: Option<Uuid>,
    pub state: Option<DeliveryState>,
}

/// What is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// One message.
    One(Uuid),
    /// All of an endpoint about what happened from then on, epoch milliseconds; of those only what was given up, or
    /// also what was delivered.
    Since {
        endpoint_id: Uuid,
        since_ms: i64,
        delivered_too: bool,
    },
}

/// What waits for endpoints that are not switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookBacklog {
    /// Messages.
    pub waiting: u64,
    /// Since when the oldest of them is to be sent.
    pub waits_since_ms: Option<i64>,
}

/// Where messages are sent. Each change by hand is written into the activity log in the same transaction.
#[async_trait]
pub trait WebhookEndpoints: Send + Sync + 'static {
    /// All, oldest first.
    async fn endpoints(&self) -> Result<Vec<WebhookEndpoint>, PortError>;

    /// Adds one. Nothing when there are `most` already.
    async fn add_endpoint(
        &self,
        endpoint: &WebhookEndpoint,
        most: u32,
        by: &ChangedBy,
    ) -> Result<bool, PortError>;

    /// Changes one. Whether it is there.
    async fn change_endpoint(
        &self,
        endpoint_id: Uuid,
        change: &EndpointChange,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Removes one with all its messages. Whether it was there.
    async fn remove_endpoint(
        &self,
        endpoint_id: Uuid,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// Messages. Those about orders are written in the transaction of what they tell of.
#[async_trait]
pub trait WebhookDeliveries: Send + Sync + 'static {
    /// Takes messages of an endpoint that are due, the longest due first. Nobody else is given them before
    /// `until_ms`, epoch milliseconds; whoever takes them says before that what became of each.
    async fn take_due(
        &self,
        endpoint_id: Uuid,
        now_ms: i64,
        until_ms: i64,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, PortError>;

    /// Writes down what became of messages, together.
    async fn record(&self, outcomes: &[DeliveryOutcome], now_ms: i64) -> Result<(), PortError>;

    /// They were taken and not sent: they are due at `next_at_ms`.
    async fn give_back(&self, delivery_ids: &[Uuid], next_at_ms: i64) -> Result<(), PortError>;

    /// Nothing is sent to an endpoint before then, epoch milliseconds, unless it rests for longer already.
    async fn rest(&self, endpoint_id: Uuid, until_ms: i64) -> Result<(), PortError>;

    /// An endpoint has said that it is gone.
    async fn gone(&self, endpoint_id: Uuid, switched_off: &SwitchedOff) -> Result<(), PortError>;

    /// Writes a message about a round for every endpoint that is told of it, was there when it happened and has none
    /// yet. It happened at `at_ms`, or when others were told of it first. Returns how many.
    async fn announce(
        &self,
        event: WebhookEvent,
        round_id: RoundId,
        at_ms: i64,
    ) -> Result<u32, PortError>;

    /// Messages, newest first, at most `limit`.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> Result<Vec<Delivery>, PortError>;

    /// Messages are due again, as if they had never been sent. Returns how many; where there are any, an entry of the
    /// activity log is written with them.
    async fn replay(&self, replay: &Replay, by: &ChangedBy, now_ms: i64) -> Result<u32, PortError>;

    /// What waits.
    async fn backlog(&self) -> Result<WebhookBacklog, PortError>;

    /// Deletes messages that tell of what happened before `before_ms`, at most `limit`. Returns how many.
    async fn purge_deliveries(&self, before_ms: i64, limit: u32) -> Result<u32, PortError>;
}

/// What an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A status that begins with 2.
    Delivered(u16),
    /// 410: it wants nothing more.
    Gone,
    /// It does not answer, or says that it has too much to do: others need not try now. With the pause that it asks
    /// for, in seconds.
    Away {
        status: Option<u16>,
        error: String,
        retry_after_s: Option<u32>,
    },
    /// It does not want this message.
    Refused { status: Option<u16>, error: String },
}

/// Sends a message over the network.
#[async_trait]
pub trait WebhookSender: Send + Sync + 'static {
    /// Sends a message within a bounded time, signed for the instant `now_ms`.
    async fn send(
        &self,
        endpoint: &WebhookEndpoint,
        message_id: &str,
        body: &str,
        now_ms: i64,
    ) -> Sent;
}
