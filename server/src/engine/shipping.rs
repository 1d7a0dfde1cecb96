//! What becomes of an order after it is paid: where it is sent, and that it was sent and came.

pub mod address;
pub mod erase_addresses;
pub mod receive;

use std::sync::Arc;

use super::{
    LimitError, Rules,
    ports::{Clock, Limits, OrderReader, PortError, Shipments, ShippingAddresses},
};

/// What shipping needs.
pub struct Deps {
    pub rules: Rules,
    pub clock: Arc<dyn Clock>,
    pub limits: Arc<dyn Limits>,
    pub orders: Arc<dyn OrderReader>,
    pub addresses: Arc<dyn ShippingAddresses>,
    pub shipments: Arc<dyn Shipments>,
}

/// Why nothing was changed for the buyer.
#[derive(Debug, thiserror::Error)]
pub enum ShippingError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No such order, or somebody else's, which is the same to the caller.
    #[error("not found")]
    NotFound,
    /// The order is in a state that does not allow it.
    #[error("the order is in another state")]
    OtherState,
    /// The ledger.
    #[error(transparent)]
    Port(#[from] PortError),
}
