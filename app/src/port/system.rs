//! What the shop runs on, for those who answer for it.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, Differences, Finding, SystemReport};

/// The system. Every method checks who is asking, as those of [`BackOffice`](super::BackOffice) do. Auditors and
/// administrators.
#[async_trait]
pub trait SystemOffice: Send + Sync + 'static {
    /// Settings, instances and what this one stands on.
    async fn system(&self, visitor: &Visitor) -> Result<SystemReport, ApiError>;

    /// What `server doctor` says on the machine of this instance.
    ///
    /// # Errors
    /// `busy` while this or [`differences`](Self::differences) is looked for, by somebody else or still. What nobody
    /// waited for is the answer to the next call within a minute.
    async fn findings(&self, visitor: &Visitor) -> Result<Vec<Finding>, ApiError>;

    /// Whether the ledger keeps its rules and the gate agrees with it: what `server audit` says after one look,
    /// without the activity log.
    ///
    /// # Errors
    /// `busy`, likewise.
    async fn differences(&self, visitor: &Visitor) -> Result<Differences, ApiError>;
}
