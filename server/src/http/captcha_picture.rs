//! `GET /captcha/{captcha_id}.png`.

use app::wire::{ApiError, CaptchaId};
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};

use super::{AppState, envelope::Envelope};

/// The picture of a captcha that waits for its answer.
pub async fn picture(
    State(state): State<AppState>,
    file: Result<Path<String>, PathRejection>,
) -> Response {
    let file = file.map(|Path(file)| file).unwrap_or_default();
    let id = file
        .strip_suffix(".png")
        .and_then(|id| id.parse::<CaptchaId>().ok());
    let picture = match id {
        Some(id) => state.shop.captcha_picture(id).await,
        None => Err(ApiError::NotFound),
    };
    match picture {
        Ok(png) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, png).into_response()
        }
        Err(error) => Envelope(error).into_response(),
    }
}
