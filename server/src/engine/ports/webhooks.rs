//! External programs that are notified of events in the shop: their addresses, the waiting messages, and
//! how these are sent.

use std::{fmt, str::FromStr};

use app::wire::{
    AccountId, CloseReason, ItemId, LocalText, OrderId, ReservationId, RoundId, Shipment,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Amount, ChangedBy, PortError};

/// The events that a program can subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WebhookEvent {
    #[serde(rename = "order.created")]
    OrderCreated,
    #[serde(rename = "order.paid")]
    OrderPaid,
    /// It was not paid in time, or was cancelled.
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
    /// All events, in the order of the manual.
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

    /// The name in a message's `type`.
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

/// The secret that signs the messages to an endpoint: 24 to 64 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(pub Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// Why an endpoint gets no messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchedOff {
    pub at_ms: i64,
    /// The reason, for people.
    pub why: String,
}

/// A receiver of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    pub endpoint_id: Uuid,
    /// At most 2,000 characters.
    pub url: String,
    /// The events it receives; never empty.
    pub events: Vec<WebhookEvent>,
    pub secret: WebhookSecret,
    /// The previous secret, and until when (epoch milliseconds) messages are also signed with it.
    pub old_secret: Option<(WebhookSecret, i64)>,
    pub created_at_ms: i64,
    pub switched_off: Option<SwitchedOff>,
    /// Nothing is sent before this instant, epoch milliseconds: it did not answer, or asked for a pause.
    pub rests_until_ms: i64,
}

/// A manual change of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointChange {
    /// Sends messages again, including events from now on.
    SwitchOn,
    /// Sends nothing. Events in the meantime are never sent.
    SwitchOff(SwitchedOff),
    /// Signs with another secret; until this instant (epoch ms) also with the present one.
    Rotate(WebhookSecret, i64),
}

/// An order, as messages describe it.
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

/// A round, as messages describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldRound {
    pub round_id: RoundId,
    pub title: LocalText,
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
}

/// The subject of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToldOf {
    Order(ToldOrder),
    Round(ToldRound),
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    pub delivery_id: Uuid,
    pub event: WebhookEvent,
    /// When it happened, epoch milliseconds.
    pub at_ms: i64,
    /// Since when it is due: when the event happened, or was replayed.
    pub waits_since_ms: i64,
    /// Failed tries so far.
    pub tries: u32,
    pub told_of: ToldOf,
}

/// Why a message did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryFailure {
    /// The reason, for people.
    pub error: String,
    /// When it is sent again, epoch milliseconds; `None` for never.
    pub next_at_ms: Option<i64>,
}

/// The result of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryOutcome {
    pub delivery_id: Uuid,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// `None` when it arrived.
    pub failure: Option<DeliveryFailure>,
}

/// The state of a message.
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
    /// The event's name, even one that this version does not know.
    pub event: String,
    /// The id of the order or round.
    pub subject_id: Uuid,
    pub at_ms: i64,
    pub state: DeliveryState,
    /// Failed tries so far.
    pub tries: u32,
    /// When it is sent next, while it waits.
    pub next_at_ms: Option<i64>,
    /// The status of the last answer, if there was one.
    pub last_status: Option<u16>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// Selects messages. `None` selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    pub endpoint_id: Option<Uuid>,
    pub state: Option<DeliveryState>,
}

/// Selects messages to send again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// One message.
    One(Uuid),
    /// All messages of an endpoint about events since then, epoch milliseconds: those given up and, on request,
    /// those delivered.
    Since {
        endpoint_id: Uuid,
        since_ms: i64,
        delivered_too: bool,
    },
}

/// The messages that wait for endpoints that are not switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookBacklog {
    /// The number of messages.
    pub waiting: u64,
    /// Since when the oldest of them is due.
    pub waits_since_ms: Option<i64>,
}

/// The endpoints. Each manual change is written into the activity log in the same transaction.
#[async_trait]
pub trait WebhookEndpoints: Send + Sync + 'static {
    /// All endpoints, oldest first.
    async fn endpoints(&self) -> Result<Vec<WebhookEndpoint>, PortError>;

    /// Adds an endpoint, unless there are already `most`.
    async fn add_endpoint(
        &self,
        endpoint: &WebhookEndpoint,
        most: u32,
        by: &ChangedBy,
    ) -> Result<bool, PortError>;

    /// Changes an endpoint. Returns whether it exists.
    async fn change_endpoint(
        &self,
        endpoint_id: Uuid,
        change: &EndpointChange,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Removes an endpoint with all its messages. Returns whether it existed.
    async fn remove_endpoint(
        &self,
        endpoint_id: Uuid,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// The messages. Those about orders are written in the transaction of the change they report.
#[async_trait]
pub trait WebhookDeliveries: Send + Sync + 'static {
    /// Takes an endpoint's due messages, longest due first. No other caller gets them before `until_ms`,
    /// epoch milliseconds; before then the caller must record each result.
    async fn take_due(
        &self,
        endpoint_id: Uuid,
        now_ms: i64,
        until_ms: i64,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, PortError>;

    /// Records the results of messages, together.
    async fn record(&self, outcomes: &[DeliveryOutcome], now_ms: i64) -> Result<(), PortError>;

    /// Returns messages that were taken and not sent: they are due at `next_at_ms`.
    async fn give_back(&self, delivery_ids: &[Uuid], next_at_ms: i64) -> Result<(), PortError>;

    /// Sends nothing to an endpoint before this instant, epoch milliseconds. Never shortens its rest.
    async fn rest(&self, endpoint_id: Uuid, until_ms: i64) -> Result<(), PortError>;

    /// Switches off an endpoint that answered that it is gone.
    async fn gone(&self, endpoint_id: Uuid, switched_off: &SwitchedOff) -> Result<(), PortError>;

    /// Writes a round's message for every endpoint that subscribed to it, existed when it happened and has none yet.
    /// The event's time is `at_ms`, or the time in an earlier message about it. Returns how many.
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

    /// Makes messages due again, as if they had never been sent. Returns how many; if any, an entry of the activity
    /// log is written with them.
    async fn replay(&self, replay: &Replay, by: &ChangedBy, now_ms: i64) -> Result<u32, PortError>;

    /// Counts the waiting messages.
    async fn backlog(&self) -> Result<WebhookBacklog, PortError>;

    /// Deletes messages about events before `before_ms`, at most `limit`. Returns how many.
    async fn purge_deliveries(&self, before_ms: i64, limit: u32) -> Result<u32, PortError>;
}

/// An endpoint's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A 2xx status.
    Delivered(u16),
    /// 410: it wants no more messages.
    Gone,
    /// It does not answer, or is overloaded: do not try other messages now. With the pause it asks for, in seconds.
    Away {
        status: Option<u16>,
        error: String,
        retry_after_s: Option<u32>,
    },
    /// It refused this message.
    Refused { status: Option<u16>, error: String },
}

/// Sends a message over the network.
#[async_trait]
pub trait WebhookSender: Send + Sync + 'static {
    /// Sends a message within a time limit, signed for the instant `now_ms`.
    async fn send(
        &self,
        endpoint: &WebhookEndpoint,
        message_id: &str,
        body: &str,
        now_ms: i64,
    ) -> Sent;
}
