//! Parked reservations and undelivered messages, for staff.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
use uuid::Uuid;

use crate::wire::{ApiError, Json, ReservationId, Undelivered};

#[cfg(feature = "ssr")]
use super::context::{back_office, visitor};
#[cfg(feature = "ssr")]
use crate::port::Confirmation;

/// `GET /api/admin/undelivered`: parked reservations, webhooks, and messages that did not arrive.
#[server(name = GetUndelivered, endpoint = "/admin/undelivered", prefix = "/api", input = GetUrl, output = Json)]
pub async fn undelivered() -> Result<Undelivered, ApiError> {
    back_office()?.undelivered(&visitor()?).await
}

/// `POST /api/admin/parked/replay`: puts parked reservations back into the queue, one or all.
#[server(name = ReplayParked, endpoint = "/admin/parked/replay", prefix = "/api", input = Json, output = Json)]
pub async fn replay_parked(
    #[server(default)] reservation_id: Option<ReservationId>,
) -> Result<u32, ApiError> {
    let visitor = visitor()?;
    back_office()?.replay_parked(&visitor, reservation_id).await
}

/// `POST /api/admin/parked/drop`: ends a parked reservation without an order.
#[server(name = DropParked, endpoint = "/admin/parked/drop", prefix = "/api", input = Json, output = Json)]
pub async fn drop_parked(
    reservation_id: ReservationId,
    reason: String,
    password: String,
) -> Result<(), ApiError> {
    let visitor = visitor()?;
    let confirmation = Confirmation { reason, password };
    let office = back_office()?;
    office
        .drop_parked(&visitor, reservation_id, confirmation)
        .await
}

/// `POST /api/admin/webhooks/replay`: sends a message again.
#[server(name = ReplayMessage, endpoint = "/admin/webhooks/replay", prefix = "/api", input = Json, output = Json)]
pub async fn replay_message(delivery_id: Uuid) -> Result<(), ApiError> {
    let visitor = visitor()?;
    back_office()?.replay_message(&visitor, delivery_id).await
}
