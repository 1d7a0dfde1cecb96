//! The forms of the page of switches.

use app::{
    port::Visitor,
    routes,
    wire::{ApiError, Switch},
};
use axum::{
    Extension, Form,
    extract::{Path, State, rejection::FormRejection},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{
    super::{AppState, envelope::Envelope},
    back_with_problem,
};

/// The duration and the reason.
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
    back_with_problem(routes::ADMIN_SWITCHES, done)
}

/// `POST /admin/switches/{switch}/clear`.
pub async fn clear(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(switch): Path<String>,
) -> Response {
    match switch.parse::<Switch>() {
        Ok(switch) => {
            let cleared = state.office.clear_switch(&visitor, switch).await;
            back_with_problem(routes::ADMIN_SWITCHES, cleared)
        }
        Err(error) => Envelope(error).into_response(),
    }
}
