//! The form on an order's page for its shipment. An invalid one is shown again with the problem.

use app::{
    pages::ShipForm,
    port::{Office, Visitor},
    routes::{self, pattern},
    wire::{ApiError, OrderId},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::FormRejection},
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
    let office = &orders.office;
    let shipped = office.ship(&visitor, order_id, &carrier, &number).await;
    let page = routes::admin_order(order_id);
    let form = |problem| ShipForm {
        carrier,
        number,
        problem: Some(problem),
    };
    pages::after_form(&orders.renderer, visitor, &page, shipped, &page, form).await
}
