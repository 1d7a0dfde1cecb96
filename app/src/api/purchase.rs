//! The purchase, step by step: captcha → hidden path → reservation → result.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use crate::wire::{
    ApiError, CaptchaChallenge, CaptchaId, CaptchaWords, HiddenPath, ItemId, Json, Reservation,
    ReservationId, ReservationStatus, Reserved,
};

#[cfg(feature = "ssr")]
use super::context::{shop, visitor};

/// `POST /api/captcha`: a captcha for this buyer and item.
#[server(endpoint = "/captcha", prefix = "/api", input = Json, output = Json)]
pub async fn captcha(item_id: ItemId) -> Result<CaptchaChallenge, ApiError> {
    shop()?.captcha(&visitor()?, item_id).await
}

/// `POST /api/captcha_words`: the same question in words; tighter limits, once per question.
#[server(name = SpellCaptcha, endpoint = "/captcha_words", prefix = "/api", input = Json, output = Json)]
pub async fn captcha_words(captcha_id: CaptchaId) -> Result<CaptchaWords, ApiError> {
    shop()?.captcha_words(&visitor()?, captcha_id).await
}

/// `POST /api/path`: the hidden path for a right answer, from a while before the start (setting
/// `PATH_OPENS_BEFORE_S`).
#[server(endpoint = "/path", prefix = "/api", input = Json, output = Json)]
pub async fn path(
    item_id: ItemId,
    #[server(default)] captcha_id: Option<CaptchaId>,
    #[server(default)] answer: Option<String>,
) -> Result<HiddenPath, ApiError> {
    shop()?.path(&visitor()?, item_id, captcha_id, answer).await
}

/// `POST /seckill/{path}` with `{item_id}`: buys, from the browser. No other address buys.
#[cfg(not(feature = "ssr"))]
pub async fn purchase(path: String, item_id: ItemId) -> Result<Reserved, ApiError> {
    use server_fn::{Http, Protocol, client::browser::BrowserClient, mock::BrowserMockServer};

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Purchase {
        item_id: ItemId,
    }

    type JsonOverHttp = Http<Json, Json>;
    let address = crate::routes::purchase(&path);
    <JsonOverHttp as Protocol<Purchase, Reserved, BrowserClient, BrowserMockServer, ApiError>>::run_client(
        &address,
        Purchase { item_id },
    )
    .await
}

/// The server renders the panel too, but buys nothing.
#[cfg(feature = "ssr")]
pub async fn purchase(_: String, _: ItemId) -> Result<Reserved, ApiError> {
    Err(ApiError::Offline)
}

/// `GET /api/reservation?reservation_id=`: its state; owner only.
#[server(name = GetReservation, endpoint = "/reservation", prefix = "/api", input = GetUrl, output = Json)]
pub async fn reservation(reservation_id: ReservationId) -> Result<ReservationStatus, ApiError> {
    shop()?.reservation(&visitor()?, reservation_id).await
}

/// `GET /api/my_reservation?item_id=`: the caller's latest reservation of an item, or `null`.
#[server(name = GetMyReservation, endpoint = "/my_reservation", prefix = "/api", input = GetUrl, output = Json)]
pub async fn my_reservation(item_id: ItemId) -> Result<Option<ReservationStatus>, ApiError> {
    shop()?.my_reservation(&visitor()?, item_id).await
}

/// `GET /api/reservations`: the caller's reservations that are queued or have failed lately.
#[server(name = GetReservations, endpoint = "/reservations", prefix = "/api", input = GetUrl, output = Json)]
pub async fn reservations() -> Result<Vec<Reservation>, ApiError> {
    shop()?.reservations(&visitor()?).await
}
