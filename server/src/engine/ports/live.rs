//! The current state of the shop, for staff.

use app::wire::{DependencyState, Instance, SaleCounts};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortError;

/// What an instance reports about itself once a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceCounts {
    pub instance: Instance,
    /// The program's version; empty for a version older than this field.
    #[serde(default)]
    pub version: String,
    /// Counts since its start, and in the last ten seconds.
    pub counts: SaleCounts,
    /// When the oldest of its in-flight queue entries was held.
    pub oldest_held_at_ms: Option<i64>,
}

/// The sale's counts of all instances.
#[async_trait]
pub trait SaleCounters: Send + Sync + 'static {
    /// The counts of each instance that reported in the last seconds, including this one.
    async fn of_instances(&self) -> Result<Vec<InstanceCounts>, PortError>;
}

/// Numbers of waiting work in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerFigures {
    /// Orders that wait for payment.
    pub unpaid: u64,
    /// Those of them with a deadline before the requested instant.
    pub closing_soon: u64,
    /// When the oldest reservation that waits for its order, and is not parked, was held.
    pub oldest_held_at_ms: Option<i64>,
}

/// The ledger for the live page, which reads it once a second at most.
#[async_trait]
pub trait LiveLedger: Send + Sync + 'static {
    /// What waits now; orders with a deadline before `soon_ms` count as closing soon.
    async fn figures(&self, soon_ms: i64) -> Result<LedgerFigures, PortError>;
}

/// The state of this process's dependencies.
#[async_trait]
pub trait Health: Send + Sync + 'static {
    /// The state of servers, tasks and the process. Takes about a second.
    async fn states(&self) -> Vec<DependencyState>;
}
