//! Customer service: how staff work on orders, buyers and payments.

pub mod ban_buyer;
mod bulk_calls;
pub mod calls;
pub mod look_up;
pub mod refund_order;
pub mod ship_list;
pub mod ship_order;

use std::sync::Arc;

use super::{
    accounts, payments,
    ports::{ActivityLog, BuyerBans, Clock, Directory, OrderReader, PortError, ReservationReader},
    shipping,
};

/// Dependencies of customer service.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub directory: Arc<dyn Directory>,
    pub bans: Arc<dyn BuyerBans>,
    pub activity_log: Arc<dyn ActivityLog>,
    pub orders: Arc<dyn OrderReader>,
    pub reservations: Arc<dyn ReservationReader>,
    pub payments: Arc<payments::Deps>,
    pub shipping: Arc<shipping::Deps>,
    /// Checks the caller's password again.
    pub people: Arc<accounts::Deps>,
}

/// Why a change was refused.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such order or buyer.
    #[error("there is no such order or buyer")]
    NotFound,
    /// The order is in a state that does not allow it.
    #[error("the order is in another state")]
    OtherState,
    /// The order has no delivery address.
    #[error("the order has no delivery address")]
    NoAddress,
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
