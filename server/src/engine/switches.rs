//! Switches that close a part of the shop for a while. They are stored in the ledger; each instance reads
//! them regularly and checks them in memory.

pub mod follow;
mod in_effect;
pub mod set;

use std::sync::Arc;

use super::ports::{Clock, Switches};

pub use in_effect::SwitchesInEffect;

/// Dependencies of the switches.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub switches: Arc<dyn Switches>,
    /// The switches as this instance knows them.
    pub in_effect: Arc<SwitchesInEffect>,
}
