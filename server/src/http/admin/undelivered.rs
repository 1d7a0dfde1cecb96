//! The forms on the page of parked reservations and undelivered messages.

use app::{
    port::{Office, Visitor},
    routes::{self, pattern},
    wire::{ApiError, ReservationId},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use uuid::Uuid;

use super::confirmation::SentForm;
use crate::http::{
    AppState,
    envelope::{self, Envelope},
    pages,
    renderer::Renderer,
};

#[derive(Clone)]
struct Forms {
    office: Office,
    renderer: Renderer,
}

pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(routes::REPLAY_ALL_PARKED, post(replay_all))
        .route(pattern::REPLAY_PARKED, post(replay))
        .route(pattern::DROP_PARKED, post(drop))
        .route(pattern::REPLAY_MESSAGE, post(replay_message))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .with_state(Forms {
            office: state.office.clone(),
            renderer,
        })
}

/// `POST /admin/messages/parked/replay`.
async fn replay_all(
    State(forms): State<Forms>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    let done = forms.office.replay_parked(&visitor, None).await;
    pages::back(routes::ADMIN_MESSAGES, done.map(|_| ()))
}

/// `POST /admin/messages/parked/{id}/replay`.
async fn replay(
    State(forms): State<Forms>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<ReservationId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let done = forms.office.replay_parked(&visitor, Some(id)).await;
    pages::back(routes::ADMIN_MESSAGES, done.map(|_| ()))
}

/// `POST /admin/messages/parked/{id}/drop`.
async fn drop(
    State(forms): State<Forms>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    sent: SentForm,
) -> Response {
    let (Ok(id), Ok(Form(sent))) = (id.parse::<ReservationId>(), sent) else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let confirmation = sent.confirmation();
    let done = forms.office.drop_parked(&visitor, id, confirmation).await;
    let (page, next) = (routes::drop_form(id), routes::ADMIN_MESSAGES);
    sent.answer(&forms.renderer, visitor, done, (&page, next))
        .await
}

/// `POST /admin/messages/{id}/replay`.
async fn replay_message(
    State(forms): State<Forms>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<Uuid>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let done = forms.office.replay_message(&visitor, id).await;
    pages::back(routes::ADMIN_MESSAGES, done)
}
