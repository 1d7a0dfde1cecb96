//! The forms on the pages of orders and buyers. One that was not right comes back with what is wrong.

use app::{
    pages::ConfirmationForm,
    port::{Confirmation, Office, Visitor},
    routes::{self, pattern},
    wire::{AccountId, ApiError, OrderId},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::FormRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

use super::super::AppState;
use crate::http::{
    envelope::{self, Envelope},
    pages,
    renderer::Renderer,
};

#[derive(Clone)]
struct Customers {
    office: Office,
    renderer: Renderer,
}

/// The forms' routes.
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

#[derive(Deserialize)]
struct Sent {
    reason: String,
    password: String,
}

type SentForm = Result<Form<Sent>, FormRejection>;

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
    let confirmation = confirmation(&sent);
    let done = customers.office.refund(&visitor, order_id, confirmation);
    let done = done.await;
    let page = routes::admin_order(order_id);
    customers.answer(visitor, page, sent, done).await
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
    let confirmation = confirmation(&sent);
    let office = &customers.office;
    let done = office.set_banned(&visitor, account_id, banned, confirmation);
    let done = done.await;
    let page = routes::admin_buyer(account_id);
    customers.answer(visitor, page, sent, done).await
}

fn confirmation(sent: &Sent) -> Confirmation {
    Confirmation {
        reason: sent.reason.clone(),
        password: sent.password.clone(),
    }
}

impl Customers {
    /// Leads back to the page, or shows it with what is wrong and the reason as it was typed.
    async fn answer(
        &self,
        visitor: Visitor,
        page: String,
        sent: Sent,
        done: Result<(), ApiError>,
    ) -> Response {
        let form = |problem| ConfirmationForm {
            reason: sent.reason,
            problem: Some(problem),
        };
        pages::after_form(&self.renderer, visitor, &page, done, &page, form).await
    }
}
