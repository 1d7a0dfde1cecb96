//! Parked reservations and undelivered messages, for staff.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Confirmation, Visitor};
use crate::wire::{ApiError, ReservationId, Undelivered};

/// Failed writes and deliveries. Every method checks the caller, like those of
/// [`BackOffice`](super::BackOffice); changes are first written into the activity log.
#[async_trait]
pub trait Undeliverables: Send + Sync + 'static {
    /// All of it. Operators, auditors and administrators.
    async fn undelivered(&self, visitor: &Visitor) -> Result<Undelivered, ApiError>;

    /// Puts parked reservations back into the queue, one or all: they become orders if the cause is fixed.
    /// Returns how many. Operators and administrators.
    async fn replay_parked(
        &self,
        visitor: &Visitor,
        only: Option<ReservationId>,
    ) -> Result<u32, ApiError>;

    /// Ends a parked reservation without an order: its buyer is told that it failed, and its unit goes back on
    /// sale. Operators and administrators.
    ///
    /// # Errors
    /// `invalid` with `reason` or `password_wrong`; `not_found` for one that is not parked.
    async fn drop_parked(
        &self,
        visitor: &Visitor,
        reservation_id: ReservationId,
        confirmation: Confirmation,
    ) -> Result<(), ApiError>;

    /// Sends a message again, as if it had never been sent. Operators and administrators.
    ///
    /// # Errors
    /// `not_found`.
    async fn replay_message(&self, visitor: &Visitor, delivery_id: Uuid) -> Result<(), ApiError>;
}
