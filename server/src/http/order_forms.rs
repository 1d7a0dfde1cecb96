//! The forms on an order's page and on the messages' page. An invalid one is shown again as typed, with the problem.

use app::{
    pages::AddressForm,
    port::{Shop, Visitor},
    routes::{self, pattern},
    wire::{ApiError, MessageId, OrderId, TypedAddress},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::FormRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

use super::{
    AppState,
    envelope::{self, Envelope},
    pages,
    renderer::Renderer,
};

#[derive(Clone)]
struct Orders {
    shop: Shop,
    renderer: Renderer,
}

pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(pattern::ORDER_ADDRESS, post(address))
        .route(pattern::ORDER_RECEIVED, post(received))
        .route(routes::READ_MESSAGES, post(read_messages))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .with_state(Orders {
            shop: state.shop.clone(),
            renderer,
        })
}

#[derive(Deserialize)]
struct Sent {
    name: String,
    mobile: String,
    address: String,
}

/// `POST /orders/{id}/address`.
async fn address(
    State(orders): State<Orders>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    let Ok(order_id) = id.parse::<OrderId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let Ok(Form(sent)) = sent else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let typed = TypedAddress {
        name: sent.name,
        mobile: sent.mobile,
        address: sent.address,
    };
    let shop = &orders.shop;
    let saved = shop.save_shipping_address(&visitor, order_id, typed.clone());
    let saved = saved.await;
    let page = routes::order(order_id);
    let next = format!("{page}?done=address#address");
    let form = |problem| AddressForm {
        typed,
        problem: Some(problem),
    };
    pages::after_form(&orders.renderer, visitor, &page, saved, &next, form).await
}

/// `POST /orders/{id}/received`.
async fn received(
    State(orders): State<Orders>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Response {
    let Ok(order_id) = id.parse::<OrderId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let page = routes::order(order_id);
    match orders.shop.confirm_receipt(&visitor, order_id).await {
        // The order's page shows its new state.
        Err(ApiError::OrderState) => pages::back(&page, Ok(())),
        done => pages::back(&page, done),
    }
}

#[derive(Deserialize)]
struct Seen {
    message_id: MessageId,
}

/// `POST /messages/read`.
async fn read_messages(
    State(orders): State<Orders>,
    Extension(visitor): Extension<Visitor>,
    seen: Result<Form<Seen>, FormRejection>,
) -> Response {
    let Ok(Form(Seen { message_id })) = seen else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let done = orders.shop.read_messages(&visitor, message_id).await;
    pages::back(routes::MESSAGES, done)
}
