//! Messages to buyers, shown on the shop's own pages.

pub mod purge_messages;
pub mod warn_expiring;

use std::sync::Arc;

use super::{
    Rules,
    ports::{Clock, Messages},
};

/// The most messages of an account that are kept and shown.
pub const KEPT: u32 = 200;

/// Dependencies of the message use cases.
pub struct Deps {
    pub rules: Rules,
    pub clock: Arc<dyn Clock>,
    pub messages: Arc<dyn Messages>,
}
