//! The forms on the staff's pages. Each leads back to its page.

mod confirmation;
mod customers;
mod export_orders;
mod form_with_files;
mod new_round;
mod now_events;
mod previews;
mod products;
mod reports;
mod round_form;
mod ship_list;
mod shipping;
mod switches;
mod undelivered;

use app::{
    port::Visitor,
    routes::{self, pattern},
    wire::{ApiError, LocalText, RoundId},
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::FormRejection},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    AppState,
    envelope::{self, Envelope},
    pages,
    renderer::Renderer,
};

pub use now_events::MAX_STREAMS;

/// The forms' routes, and the stream for the live page.
pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(pattern::NOW_EVENTS, get(now_events::events))
        .route(pattern::STOP_ROUND, post(stop_round))
        .route(pattern::RESUME_ROUND, post(resume_round))
        .route(pattern::APPROVE_ROUND, post(approve_round))
        .route(pattern::SEND_ROUND_BACK, post(send_round_back))
        .route(pattern::SET_SWITCH, post(switches::set))
        .route(pattern::CLEAR_SWITCH, post(switches::clear))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .with_state(state.clone())
        .merge(export_orders::routes(state))
        .merge(ship_list::routes(state, renderer.clone()))
        .merge(undelivered::routes(state, renderer.clone()))
        .merge(previews::routes(state, renderer.clone()))
        .merge(products::routes(state))
        .merge(reports::routes(state))
        .merge(new_round::routes(state, renderer.clone()))
        .merge(customers::routes(state, renderer.clone()))
        .merge(shipping::routes(state, renderer))
}

/// The text shown to shoppers while a round is stopped.
#[derive(Deserialize)]
struct Words {
    zh: String,
    en: String,
}

/// `POST /admin/rounds/{id}/stop`.
async fn stop_round(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(round_id): Path<String>,
    words: Result<Form<Words>, FormRejection>,
) -> Response {
    let Ok(Form(Words { zh, en })) = words else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let Ok(round_id) = round_id.parse::<RoundId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let words = LocalText { zh, en };
    pages::back(
        routes::ADMIN_ROUNDS,
        state.office.stop_round(&visitor, round_id, words).await,
    )
}

/// `POST /admin/rounds/{id}/resume`.
async fn resume_round(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(round_id): Path<String>,
) -> Response {
    let Ok(round_id) = round_id.parse::<RoundId>() else {
        return Envelope(ApiError::NotFound).into_response();
    };
    pages::back(
        routes::ADMIN_ROUNDS,
        state.office.resume_round(&visitor, round_id).await,
    )
}

/// The version that a reviewer looked at.
#[derive(Deserialize)]
struct LookedAt {
    content_hash: String,
}

/// `POST /admin/rounds/{id}/approve`.
async fn approve_round(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(round_id): Path<String>,
    looked_at: Result<Form<LookedAt>, FormRejection>,
) -> Response {
    let (Ok(round_id), Ok(Form(looked_at))) = (round_id.parse::<RoundId>(), looked_at) else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let hash = &looked_at.content_hash;
    back_with_problem(
        routes::ADMIN_ROUNDS,
        state.office.approve_round(&visitor, round_id, hash).await,
    )
}

/// Why a round is sent back.
#[derive(Deserialize)]
struct Because {
    reason: String,
}

/// `POST /admin/rounds/{id}/send_back`.
async fn send_round_back(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(round_id): Path<String>,
    because: Result<Form<Because>, FormRejection>,
) -> Response {
    let (Ok(round_id), Ok(Form(because))) = (round_id.parse::<RoundId>(), because) else {
        return Envelope(ApiError::NotFound).into_response();
    };
    let reason = &because.reason;
    back_with_problem(
        routes::ADMIN_ROUNDS,
        state
            .office
            .send_round_back(&visitor, round_id, reason)
            .await,
    )
}

/// Redirects to this page, with the problem if there is one.
fn back_with_problem(page: &str, done: Result<(), ApiError>) -> Response {
    match done {
        Err(ApiError::Invalid { field }) => {
            Redirect::to(&routes::with_query(page, &[("problem", &field)])).into_response()
        }
        done => pages::back(page, done),
    }
}
