//! Orders after payment: delivery address, dispatch and receipt.

pub mod address;
pub mod erase_addresses;
pub mod receive;

use std::sync::Arc;

use super::{
    LimitError, Rules,
    ports::{Clock, Limits, OrderReader, PortError, Shipments, ShippingAddresses},
};

pub struct Deps {
    pub rules: Rules,
    pub clock: Arc<dyn Clock>,
    pub limits: Arc<dyn Limits>,
    pub orders: Arc<dyn OrderReader>,
    pub addresses: Arc<dyn ShippingAddresses>,
    pub shipments: Arc<dyn Shipments>,
}

/// Why a buyer's change was refused.
#[derive(Debug, thiserror::Error)]
pub enum ShippingError {
    /// The caller tried too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// There is no such order, or it is another buyer's; the caller cannot tell which.
    #[error("not found")]
    NotFound,
    /// The order is in a state that does not allow it.
    #[error("the order is in another state")]
    OtherState,
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
