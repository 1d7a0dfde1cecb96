//! The form on the page of an order that says how it was sent. One that was not right comes back with what
//! is wrong.

use app::{
    pages::ShipForm,
    port::{Office, Visitor},
    routes::{self, pattern},
    wire::{ApiError, OrderId},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::FormRejection},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

use crate::http::{
    AppState,
    envelope::{self, Envelope},
    pages,
    renderer::Renderer,
};

#[derive(Clone)]
struct Orders {
    office: Office,
    renderer: Renderer,
}

/// The form's route.
pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(pattern::SHIP_ORDER, post(ship))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .with_state(Orders {
            office: state.office.clone(),
            renderer,
        })
}

#[derive(Deserialize)]
struct Sent {
    carrier: String,
    number: String,
}

/// `POST /admin/orders/{id}/ship`.
async fn ship(
    State(orders): State<Orders>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    let Ok(order_id) = id.parse::<OrderId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let Ok(Form(Sent { carrier, number })) = sent else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let shipped = orders.office.ship(&visitor, order_id, &carrier, &number);
    let page = routes::admin_order(order_id);
    let see = |page: String| (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response();
    let problem = match shipped.await {
        Ok(()) => return see(page),
        Err(ApiError::Unauthenticated) => return see(routes::login(&page)),
        Err(error @ (ApiError::Forbidden | ApiError::Banned | ApiError::NotFound)) => {
            return Envelope(error).into_response();
        }
        Err(problem) => problem,
    };
    let Ok(uri) = page.parse::<Uri>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let status = Some(problem.status());
    let form = ShipForm {
        carrier,
        number,
        problem: Some(problem),
    };
    pages::form_again(&orders.renderer, uri, visitor, form, status).await
}
