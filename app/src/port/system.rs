//! The shop's environment, for the people responsible for it.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, Differences, DoctorCheck, SystemReport};

/// The system. Every method checks the caller, like those of [`BackOffice`](super::BackOffice). Auditors and
/// administrators.
#[async_trait]
pub trait SystemOffice: Send + Sync + 'static {
    /// Settings, instances and this one's dependencies.
    async fn system(&self, visitor: &Visitor) -> Result<SystemReport, ApiError>;

    /// The checks of `server doctor` on the machine of this instance.
    ///
    /// # Errors
    /// `busy` while this check or [`differences`](Self::differences) is still running. A result that no caller
    /// waited for answers the next call within a minute.
    async fn checks(&self, visitor: &Visitor) -> Result<Vec<DoctorCheck>, ApiError>;

    /// Violated invariants of the ledger, and differences from the gate: the result of `server audit` after one
    /// comparison, without the activity log.
    ///
    /// # Errors
    /// `busy`, as for [`checks`](Self::checks).
    async fn differences(&self, visitor: &Visitor) -> Result<Differences, ApiError>;
}
