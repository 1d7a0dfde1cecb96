//! Orders, buyers and payments as those handle them who run the shop.

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

/// What customer service needs.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub directory: Arc<dyn Directory>,
    pub bans: Arc<dyn BuyerBans>,
    pub activity_log: Arc<dyn ActivityLog>,
    pub orders: Arc<dyn OrderReader>,
    pub reservations: Arc<dyn ReservationReader>,
    pub payments: Arc<payments::Deps>,
    pub shipping: Arc<shipping::Deps>,
    /// Where the caller's password is asked again.
    pub people: Arc<accounts::Deps>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such order or buyer.
    #[error("there is no such order or buyer")]
    NotFound,
    /// The order is in a state that does not allow it.
    #[error("the order is in another state")]
    OtherState,
    /// Nobody has said where the order is sent.
    #[error("nobody has said where the order is sent")]
    NoAddress,
    /// The ledger.
    #[error(transparent)]
    Port(#[from] PortError),
}
