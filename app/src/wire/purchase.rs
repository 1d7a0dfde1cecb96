//! The steps of a purchase: question, hidden path, reservation, result.

use serde::{Deserialize, Serialize};

use super::{CaptchaId, ItemId, LocalText, OrderId, Rejection, ReservationId};

/// Columns and rows of every captcha picture. The server draws them, and the page keeps their place.
pub const CAPTCHA_PICTURE: (u16, u16) = (240, 80);

/// A question to answer before a path is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptchaChallenge {
    /// Which question; good for one try.
    pub captcha_id: CaptchaId,
    /// Where its picture is.
    pub image_url: String,
    /// What to do with it, in the caller's language.
    pub prompt: String,
    /// The answer is a number: phones show their digits.
    pub numeric: bool,
}

/// The question of a picture in words, for those who cannot see it.
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
    /// After this instant it is worthless.
    pub expires_at_ms: i64,
}

/// A unit is held for the caller; the order is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// What to follow.
    pub reservation_id: ReservationId,
    /// First come, first served: 1 is the first buyer of the item.
    pub position: u32,
}

/// How far a reservation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// The order is being written.
    Queued,
    /// There is an order.
    Ordered,
    /// There is none. Its unit is released, or was withdrawn.
    Failed,
}

/// The answer to "did I get it?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationStatus {
    /// Which reservation.
    pub reservation_id: ReservationId,
    /// Of which item, unless it was lost and nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<ItemId>,
    /// How far it has come.
    pub state: ReservationState,
    /// While queued: the caller's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// When ordered: the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// When failed: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Rejection>,
}

/// A reservation without an order, as a row of the caller's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Which reservation.
    pub reservation_id: ReservationId,
    /// Of which item.
    pub item_id: ItemId,
    /// What was to be bought.
    pub title: LocalText,
    /// Its picture.
    pub picture_url: String,
    /// Queued, or failed.
    pub state: ReservationState,
    /// While queued: the caller's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// When failed: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Rejection>,
    /// The unit was held at.
    pub held_at_ms: i64,
}
