//! Orders, buyers and payments as those handle them who run the shop.

pub mod ban_buyer;
pub mod calls;
pub mod confirm;
pub mod look_up;
pub mod refund_order;

use std::sync::Arc;

use super::{
    payments,
    ports::{
        Accounts, BuyerBans, Clock, Directory, Limits, OrderReader, Passwords, PortError,
        ReservationReader,
    },
};
use crate::engine::LimitError;

/// What customer service needs.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub limits: Arc<dyn Limits>,
    pub accounts: Arc<dyn Accounts>,
    pub passwords: Arc<dyn Passwords>,
    pub directory: Arc<dyn Directory>,
    pub bans: Arc<dyn BuyerBans>,
    pub orders: Arc<dyn OrderReader>,
    pub reservations: Arc<dyn ReservationReader>,
    pub payments: Arc<payments::Deps>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The caller's password is another one.
    #[error("another password")]
    WrongPassword,
    /// Too many passwords were tried.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Hashing.
    #[error(transparent)]
    Password(#[from] super::ports::PasswordError),
    /// There is no such order or buyer.
    #[error("there is no such order or buyer")]
    NotFound,
    /// The order is in a state that does not allow it.
    #[error("the order is in another state")]
    OtherState,
    /// The ledger.
    #[error(transparent)]
    Port(#[from] PortError),
}
