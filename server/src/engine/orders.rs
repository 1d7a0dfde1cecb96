//! How a hold becomes an order, and the order's further life.

pub mod cancel;
pub mod close_unpaid;
pub mod drop_parked;
pub mod order_at_once;
pub mod relay;
mod undelivered_calls;
pub mod write_orders;

use std::sync::{Arc, atomic::AtomicBool};

use super::{
    Rules,
    ports::{
        Clock, Ids, Limits, OrderCloser, OrderQueue, OrderReader, OrderWriter, Outbox,
        ParkedReservations, ReservationReader, WakeSignal,
    },
};

/// Dependencies of the relay, the order writer, the closer of unpaid orders and order pages.
pub struct Deps {
    pub rules: Rules,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub limits: Arc<dyn Limits>,
    /// Between gate and queue; `None` where the gate is the queue itself.
    pub outbox: Option<Arc<dyn Outbox>>,
    pub queue: Arc<dyn OrderQueue>,
    pub parked: Arc<dyn ParkedReservations>,
    pub writer: Arc<dyn OrderWriter>,
    pub closer: Arc<dyn OrderCloser>,
    pub reader: Arc<dyn OrderReader>,
    pub reservations: Arc<dyn ReservationReader>,
    pub wake: Arc<dyn WakeSignal>,
    /// The order writer gave entries back because the ledger did not answer, and the ledger has not
    /// answered since.
    pub gave_back: AtomicBool,
}
