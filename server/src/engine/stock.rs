//! The gate's stock in step with the ledger's.

pub mod reconcile;
pub mod release;
pub mod warm_up;

use std::sync::Arc;

use super::ports::{Catalogue, Clock, DueReleases, Restock, StockGate};

/// What the gate's workers need.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub catalogue: Arc<dyn Catalogue>,
    pub gate: Arc<dyn StockGate>,
    pub restock: Arc<dyn Restock>,
    pub due: Arc<dyn DueReleases>,
}
