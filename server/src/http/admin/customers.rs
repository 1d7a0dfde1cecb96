//! The forms on the pages of orders and buyers. An invalid one is shown again with the problem.

use app::{
    port::{Office, Visitor},
    routes::{self, pattern},
    wire::{AccountId, ApiError, OrderId},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::post,
};

use super::{super::AppState, confirmation::SentForm};
use crate::http::{
    envelope::{self, Envelope},
    renderer::Renderer,
};

#[derive(Clone)]
struct Customers {
    office: Office,
    renderer: Renderer,
}

pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(pattern::REFUND_ORDER, post(refund))
        .route(pattern::BAN_BUYER, post(ban))
        .route(pattern::UNBAN_BUYER, post(unban))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .with_state(Customers {
            office: state.office.clone(),
            renderer,
        })
}

/// `POST /admin/orders/{id}/refund`.
async fn refund(
    State(customers): State<Customers>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    sent: SentForm,
) -> Response {
    let Ok(order_id) = id.parse::<OrderId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let Ok(Form(sent)) = sent else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let confirmation = sent.confirmation();
    let done = customers.office.refund(&visitor, order_id, confirmation);
    let done = done.await;
    let page = routes::admin_order(order_id);
    let renderer = &customers.renderer;
    sent.answer(renderer, visitor, done, (&page, &page)).await
}

/// `POST /admin/buyers/{id}/ban`.
async fn ban(
    customers: State<Customers>,
    visitor: Extension<Visitor>,
    id: Path<String>,
    sent: SentForm,
) -> Response {
    set_banned(customers, visitor, id, sent, true).await
}

/// `POST /admin/buyers/{id}/unban`.
async fn unban(
    customers: State<Customers>,
    visitor: Extension<Visitor>,
    id: Path<String>,
    sent: SentForm,
) -> Response {
    set_banned(customers, visitor, id, sent, false).await
}

async fn set_banned(
    State(customers): State<Customers>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    sent: SentForm,
    banned: bool,
) -> Response {
    let Ok(account_id) = id.parse::<AccountId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let Ok(Form(sent)) = sent else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let confirmation = sent.confirmation();
    let office = &customers.office;
    let done = office.set_banned(&visitor, account_id, banned, confirmation);
    let done = done.await;
    let page = routes::admin_buyer(account_id);
    let renderer = &customers.renderer;
    sent.answer(renderer, visitor, done, (&page, &page)).await
}
