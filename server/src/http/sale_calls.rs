//! The calls that every buyer makes around a start: clock, stock, hidden path, result. They are server
//! functions with the usual arguments, but skip the framework: a reactive owner and its contexts for
//! each request cost more than everything else in these calls.

use app::{
    api::{GetClock, GetReservation, GetStock, Path},
    port::Visitor,
    wire::{self, ApiError, ServerTime},
};
use axum::{
    Json,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use server_fn::{
    ServerFn as _,
    codec::{FromReq, GetUrl},
};

use super::{
    AppState,
    envelope::{self, Envelope},
};

/// Answers a request to one of these calls; returns any other request.
pub async fn answer(state: &AppState, mut request: Request) -> Result<Response, Request> {
    let path = request.uri().path();
    let is_one = [
        GetClock::PATH,
        GetStock::PATH,
        GetReservation::PATH,
        Path::PATH,
    ]
    .contains(&path);
    if !is_one {
        return Err(request);
    }
    let Some(visitor) = request.extensions_mut().remove::<Visitor>() else {
        return Ok(Envelope(envelope::internal("no visitor")).into_response());
    };
    let shop = &state.shop;
    Ok(match request.uri().path() {
        GetClock::PATH => {
            let clock = |GetClock {}| async {
                Ok(ServerTime {
                    now_ms: shop.now_ms(),
                })
            };
            call::<GetUrl, _, _, _>(request, clock).await
        }
        GetStock::PATH => {
            let stock = |GetStock { item_id }| shop.stock(item_id);
            call::<GetUrl, _, _, _>(request, stock).await
        }
        GetReservation::PATH => {
            let found =
                |GetReservation { reservation_id }| shop.reservation(&visitor, reservation_id);
            call::<GetUrl, _, _, _>(request, found).await
        }
        _ => {
            let path = |Path {
                            item_id,
                            captcha_id,
                            answer,
                        }| shop.path(&visitor, item_id, captcha_id, answer);
            call::<wire::Json, _, _, _>(request, path).await
        }
    })
}

async fn call<Encoding, Arguments, T, F>(
    request: Request,
    run: impl FnOnce(Arguments) -> F,
) -> Response
where
    Arguments: FromReq<Encoding, Request, ApiError>,
    T: Serialize,
    F: Future<Output = Result<T, ApiError>>,
{
    let answer = match Arguments::from_req(request).await {
        Ok(arguments) => run(arguments).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(value) => envelope::no_store(Json(value).into_response()),
        Err(error) => Envelope(error).into_response(),
    }
}
