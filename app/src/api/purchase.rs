//! The purchase, step by step: question → hidden path → reservation → result.

use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};

use super::hidden_path::AtHiddenPath;
use crate::wire::{
    ApiError, CaptchaChallenge, CaptchaId, CaptchaWords, HiddenPath, ItemId, ReservationId,
    ReservationStatus, Reserved,
};

#[cfg(feature = "ssr")]
use super::context::{HiddenPathSegment, extension, shop, visitor};

/// `POST /api/captcha`: a question for this buyer and item.
#[server(endpoint = "/captcha", prefix = "/api", input = Json, output = Json)]
pub async fn captcha(item_id: ItemId) -> Result<CaptchaChallenge, ApiError> {
    shop()?.captcha(&visitor()?, item_id).await
}

/// `POST /api/captcha_words`: the same question in words; tighter limits, once per question.
#[server(name = SpellCaptcha, endpoint = "/captcha_words", prefix = "/api", input = Json, output = Json)]
pub async fn captcha_words(captcha_id: CaptchaId) -> Result<CaptchaWords, ApiError> {
    shop()?.captcha_words(&visitor()?, captcha_id).await
}

/// `POST /api/path`: the hidden path for a right answer, from a minute before the start.
#[server(endpoint = "/path", prefix = "/api", input = Json, output = Json)]
pub async fn path(
    item_id: ItemId,
    #[server(default)] captcha_id: Option<CaptchaId>,
    #[server(default)] answer: Option<String>,
) -> Result<HiddenPath, ApiError> {
    shop()?.path(&visitor()?, item_id, captcha_id, answer).await
}

/// `POST /seckill/{path}` with `{item_id}`: buys. The only address that does; the one given here is
/// where the route rewrites to, and is itself not mounted.
#[server(endpoint = "/purchase", prefix = "/internal", protocol = AtHiddenPath)]
pub async fn purchase(
    /// The secret; in the browser it becomes part of the address, on the server it comes from there.
    #[server(skip)]
    path: String,
    item_id: ItemId,
) -> Result<Reserved, ApiError> {
    debug_assert!(path.is_empty(), "the body never carries the path");
    let segment = extension::<HiddenPathSegment>().ok_or(ApiError::NotFound)?;
    shop()?.purchase(&visitor()?, segment.0, item_id).await
}

/// `GET /api/reservation?reservation_id=`: how far it has come; owner only.
#[server(name = GetReservation, endpoint = "/reservation", prefix = "/api", input = GetUrl, output = Json)]
pub async fn reservation(reservation_id: ReservationId) -> Result<ReservationStatus, ApiError> {
    shop()?.reservation(&visitor()?, reservation_id).await
}

/// `GET /api/my_reservation?item_id=`: the caller's latest reservation of an item, or `null`.
#[server(name = GetMyReservation, endpoint = "/my_reservation", prefix = "/api", input = GetUrl, output = Json)]
pub async fn my_reservation(item_id: ItemId) -> Result<Option<ReservationStatus>, ApiError> {
    shop()?.my_reservation(&visitor()?, item_id).await
}
