//! Failed writes and deliveries that need manual work.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AccountId, ItemId, ReservationId};

/// Everything that needs manual work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Parked reservations, oldest first, at most 50; `null` if they cannot be read.
    pub parked: Option<Parked>,
    pub webhooks: Vec<Webhook>,
    /// Messages that were given up, newest first, at most 50.
    pub given_up: Vec<WebhookMessage>,
    /// Messages that wait, newest first, at most 50.
    pub waiting: Vec<WebhookMessage>,
}

/// Parked reservations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Their number.
    pub all: u64,
    /// The ones that were read.
    pub entries: Vec<ParkedReservation>,
    /// Messages among the ones read that cannot be parsed as a reservation.
    pub unreadable: u64,
}

/// A reservation that could not be written as an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedReservation {
    pub reservation_id: ReservationId,
    pub item_id: ItemId,
    pub buyer: AccountId,
    /// The number that the gate gave it.
    pub position: u32,
    /// When the gate held the unit.
    pub held_at_ms: i64,
    /// Whether it was put back into the queue before.
    pub replayed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The webhook.
    pub endpoint_id: Uuid,
    /// Its address: scheme and host only.
    pub url: String,
    pub events: Vec<String>,
    /// Why nothing is sent to it, if it is switched off.
    pub switched_off: Option<String>,
    pub switched_off_at_ms: Option<i64>,
}

/// A message to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookMessage {
    /// The message.
    pub delivery_id: Uuid,
    /// Its webhook.
    pub endpoint_id: Uuid,
    pub event: String,
    /// The order or round.
    pub subject_id: Uuid,
    pub at_ms: i64,
    /// Failed tries so far.
    pub tries: u32,
    /// The time of the next try, while it waits.
    pub next_at_ms: Option<i64>,
    /// The status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}
