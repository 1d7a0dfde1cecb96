//! The forms on the page of an order, and on that of the messages. One that was not right comes back as it was typed, with what is wrong.

use app::{
    pages::AddressForm,
    port::{Shop, Visitor},
    routes::{self, pattern},
    wire::{ApiError, MessageId, OrderId, TypedAddress},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::FormRejection},
    http::{StatusCode, Uri, header},
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

/// The forms' routes.
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
    let saved = orders
        .shop
        .save_shipping_address(&visitor, order_id, typed.clone());
    let page = routes::order(order_id);
    let problem = match saved.await {
        Ok(()) => return see(&format!("{page}?done=address#address")),
        Err(ApiError::Unauthenticated) => return see(&routes::login(&page)),
        Err(ApiError::NotFound) => return Envelope(ApiError::NotFound).into_response(),
        Err(problem) => problem,
    };
    let Ok(uri) = page.parse::<Uri>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let status = Some(problem.status());
    let form = AddressForm {
        typed,
        problem: Some(problem),
    };
    pages::form_again(&orders.renderer, uri, visitor, form, status).await
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
        // The order's page says what has become of it.
        Ok(()) | Err(ApiError::OrderState) => see(&page),
        Err(ApiError::Unauthenticated) => see(&routes::login(&page)),
        Err(error) => Envelope(error).into_response(),
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
    match orders.shop.read_messages(&visitor, message_id).await {
        Ok(()) => see(routes::MESSAGES),
        Err(ApiError::Unauthenticated) => see(&routes::login(routes::MESSAGES)),
        Err(error) => Envelope(error).into_response(),
    }
}

fn see(page: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response()
}
