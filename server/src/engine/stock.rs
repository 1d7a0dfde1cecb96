//! Keeps the gate's stock equal to the ledger's.

pub mod reconcile;
pub mod release;
pub mod warm_up;

use std::sync::Arc;

use super::ports::{Catalogue, Clock, DueReleases, Restock, StockGate};

/// Dependencies of the gate's workers.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub catalogue: Arc<dyn Catalogue>,
    pub gate: Arc<dyn StockGate>,
    pub restock: Arc<dyn Restock>,
    pub due: Arc<dyn DueReleases>,
}
