//! The back office: how staff change rounds and accounts.

pub mod add_accounts;
pub mod add_round;
pub mod calls;
pub mod check_round;
pub mod draft;
pub mod price;
pub mod review_round;
pub mod stop_round;

use std::sync::Arc;

use super::ports::{
    AccountWriter, ActivityLog, CatalogueEvents, CatalogueOverview, CatalogueWriter, Clock, Ids,
    Passwords, PortError,
};

/// Dependencies of the back office.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub catalogue: Arc<dyn CatalogueWriter>,
    pub overview: Arc<dyn CatalogueOverview>,
    pub events: Arc<dyn CatalogueEvents>,
    pub accounts: Arc<dyn AccountWriter>,
    pub passwords: Arc<dyn Passwords>,
    pub activity_log: Arc<dyn ActivityLog>,
    /// Staff who may approve rounds may also approve rounds that they prepared.
    pub self_approval: bool,
}

/// Whether the shop has no data yet.
///
/// # Errors
/// If the ledger fails.
pub async fn is_empty(deps: &Deps) -> Result<bool, PortError> {
    Ok(deps.catalogue.is_empty().await? && deps.accounts.count().await? == 0)
}
