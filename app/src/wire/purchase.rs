//! The steps of a purchase: captcha, hidden path, reservation, result.

use serde::{Deserialize, Serialize};

use super::{CaptchaId, ItemId, LocalText, OrderId, Rejection, ReservationId};

/// Width and height of every captcha picture. The server draws it, and the page reserves its place.
pub const CAPTCHA_PICTURE: (u16, u16) = (240, 80);

/// A captcha to solve before a path is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptchaChallenge {
    /// The captcha; valid for one try.
    pub captcha_id: CaptchaId,
    /// Its picture's address.
    pub image_url: String,
    /// The instruction, in the caller's language.
    pub prompt: String,
    /// Whether the answer is a number: phones then show digits.
    pub numeric: bool,
}

/// A captcha in words, for people who cannot see the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptchaWords {
    /// In the caller's language.
    pub words: String,
}

/// The hidden, single-use address of one buyer's purchase of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenPath {
    /// The secret part of `/seckill/{path}`.
    pub path: String,
    /// It expires at this instant.
    pub expires_at_ms: i64,
}

/// A unit is held for the caller; the order is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// The reservation to follow.
    pub reservation_id: ReservationId,
    /// First come, first served: 1 is the first buyer of the item.
    pub position: u32,
}

/// The state of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// The order is being written.
    Queued,
    /// There is an order.
    Ordered,
    /// There will be none. Its unit is released, or was withdrawn.
    Failed,
}

/// The answer to "did I get it?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationStatus {
    pub reservation_id: ReservationId,
    /// The reservation's item; `None` if the reservation was lost and the item is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<ItemId>,
    pub state: ReservationState,
    /// While queued: the caller's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// If ordered: the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// If failed: the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Rejection>,
}

/// A reservation without an order, as a row of the caller's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    pub reservation_id: ReservationId,
    pub item_id: ItemId,
    pub title: LocalText,
    pub picture_url: String,
    /// Queued, or failed.
    pub state: ReservationState,
    /// While queued: the caller's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// If failed: the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Rejection>,
    /// The unit was held at.
    pub held_at_ms: i64,
}
