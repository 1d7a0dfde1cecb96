//! Switches that close a part of the shop for a while. The ledger has them, every instance follows it, and
//! whoever is let in or not asks memory.

pub mod follow;
mod in_effect;
pub mod set;

use std::sync::Arc;

use super::ports::{Clock, Switches};

pub use in_effect::SwitchesInEffect;

/// What switches need.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub switches: Arc<dyn Switches>,
    /// As this instance knows them.
    pub in_effect: Arc<SwitchesInEffect>,
}
