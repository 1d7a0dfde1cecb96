//! What could not be written or delivered, and waits for somebody.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AccountId, ItemId, ReservationId};

/// Everything that waits for somebody's hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Reservations that could not be written as orders, oldest first, at most 50; `null` when that cannot be read.
    pub parked: Option<Parked>,
    /// Addresses that are told what happens.
    pub webhooks: Vec<Webhook>,
    /// Messages that were given up, newest first, at most 50.
    pub given_up: Vec<WebhookMessage>,
    /// Messages that wait, newest first, at most 50.
    pub waiting: Vec<WebhookMessage>,
}

/// Reservations that are kept aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// How many there are.
    pub all: u64,
    /// Those that were read.
    pub entries: Vec<ParkedReservation>,
    /// Messages among those that were read that are no reservation.
    pub unreadable: u64,
}

/// A reservation that could not be written as an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedReservation {
    /// Which.
    pub reservation_id: ReservationId,
    /// Of which item.
    pub item_id: ItemId,
    /// Whose.
    pub buyer: AccountId,
    /// The number that the gate gave it.
    pub position: u32,
    /// When the gate held the unit.
    pub held_at_ms: i64,
    /// It was put back into the queue before.
    pub replayed: bool,
}

/// An address that is told what happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Which.
    pub endpoint_id: Uuid,
    /// Where, without what stands behind a `?`.
    pub url: String,
    /// Of what it is told.
    pub events: Vec<String>,
    /// Why nothing is sent to it, if so.
    pub switched_off: Option<String>,
    /// Since when.
    pub switched_off_at_ms: Option<i64>,
}

/// A message to an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookMessage {
    /// Which.
    pub delivery_id: Uuid,
    /// To which address.
    pub endpoint_id: Uuid,
    /// What happened.
    pub event: String,
    /// To which order or round.
    pub subject_id: Uuid,
    /// When.
    pub at_ms: i64,
    /// How often it was sent without success.
    pub tries: u32,
    /// When it is sent next, while it waits.
    pub next_at_ms: Option<i64>,
    /// The status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}
