//! `POST /orders/{id}/pay`: the form on the order's page, so that paying needs no JavaScript; and
//! `POST /api/payments/notice/{provider}`, where providers send their notices.

use std::sync::Arc;

use app::{
    port::Visitor,
    routes,
    wire::{ApiError, OrderId},
};
use axum::{
    Extension, Router,
    body::to_bytes,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};

use super::{
    AppState,
    envelope::{self, Envelope},
};
use crate::{
    chain::Chain,
    engine::{
        payments::{
            self,
            receive_notice::{self, NoticeError},
        },
        ports::NoticeRequest,
    },
};

/// Largest notice. Providers send less than 10 kB.
const MAX_NOTICE: usize = 64 * 1024;

/// Redirects the buyer to the provider's page.
pub async fn pay(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(order_id): Path<String>,
) -> Response {
    let Ok(order_id) = order_id.parse::<OrderId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let back = routes::order(order_id);
    let to = match state.shop.pay(&visitor, order_id).await {
        Ok(page) => page.url,
        // The order's page shows its new state.
        Err(ApiError::OrderState) => back,
        // The order's page shows that as well.
        Err(ApiError::ReadingOnly) => routes::with_query(&back, &[("problem", "reading_only")]),
        Err(ApiError::Unauthenticated) => routes::login(&back),
        Err(error) => return Envelope(error).into_response(),
    };
    match HeaderValue::from_str(&to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => {
            Envelope(envelope::internal("an address that no header can hold")).into_response()
        }
    }
}

/// The address for notices. Without limits, visitors and CSRF checks: the signature decides.
pub fn notices(payments: Arc<payments::Deps>) -> Router {
    Router::new()
        .route(routes::pattern::PAYMENT_NOTICE, post(notice))
        .with_state(payments)
}

async fn notice(
    State(payments): State<Arc<payments::Deps>>,
    Path(provider): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_NOTICE).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers: Vec<(&str, &str)> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let request = NoticeRequest {
        headers: &headers,
        body: &body,
    };
    match receive_notice::receive(&payments, &provider, request).await {
        Ok(thanks) => (StatusCode::OK, thanks).into_response(),
        Err(NoticeError::NotFound) => StatusCode::NOT_FOUND.into_response(),
        Err(NoticeError::Refused) => StatusCode::FORBIDDEN.into_response(),
        Err(NoticeError::Port(error)) => {
            tracing::warn!(error = %Chain(&error), "a payment notice was not recorded");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
