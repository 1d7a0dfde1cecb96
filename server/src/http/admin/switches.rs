//! The forms of the page of switches.

use app::{
    port::Visitor,
    routes,
    wire::{ApiError, Switch},
};
use axum::{
    Extension, Form,
    extract::{Path, State, rejection::FormRejection},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::super::{AppState, envelope::Envelope};

/// For how long, and why.
#[derive(Deserialize)]
pub struct Sent {
    minutes: u32,
    reason: String,
}

/// `POST /admin/switches/{switch}/set`.
pub async fn set(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(switch): Path<String>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    let switch = match switch.parse::<Switch>() {
        Ok(switch) => switch,
        Err(error) => return Envelope(error).into_response(),
    };
    let done = match sent {
        Ok(Form(Sent { minutes, reason })) => {
            let set = state.office.set_switch(&visitor, switch, minutes, &reason);
            set.await.map(drop)
        }
        Err(_) => Err(ApiError::Invalid {
            field: "minutes".to_owned(),
        }),
    };
    back(done)
}

/// `POST /admin/switches/{switch}/clear`.
pub async fn clear(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(switch): Path<String>,
) -> Response {
    match switch.parse::<Switch>() {
        Ok(switch) => back(state.office.clear_switch(&visitor, switch).await),
        Err(error) => Envelope(error).into_response(),
    }
}

fn back(done: Result<(), ApiError>) -> Response {
    let to = match done {
        Ok(()) => routes::ADMIN_SWITCHES.to_owned(),
        Err(ApiError::Invalid { field }) => {
            routes::with_query(routes::ADMIN_SWITCHES, &[("problem", &field)])
        }
        Err(ApiError::Unauthenticated) => routes::login(routes::ADMIN_SWITCHES),
        Err(error) => return Envelope(error).into_response(),
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}
