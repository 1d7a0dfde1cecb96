//! What those who run the shop see of it at this moment.

use app::wire::{DependencyState, Instance, SaleCounts};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortError;

/// What an instance says of itself once a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceCounts {
    /// Who says it.
    pub instance: Instance,
    /// Of its program; empty for one that is older than this field.
    #[serde(default)]
    pub version: String,
    /// What it has counted since it started, and in the last ten seconds.
    pub counts: SaleCounts,
    /// Since when the oldest of the queue's entries is held that it has in flight.
    pub oldest_held_at_ms: Option<i64>,
}

/// What the instances of the shop count of a sale.
#[async_trait]
pub trait SaleCounters: Send + Sync + 'static {
    /// Of each instance that said within the last seconds that it lives, the one that asks among them.
    async fn of_instances(&self) -> Result<Vec<InstanceCounts>, PortError>;
}

/// What waits in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerFigures {
    /// Orders that wait for payment.
    pub unpaid: u64,
    /// Those among them whose deadline is before the instant that was asked about.
    pub closing_soon: u64,
    /// Since when the oldest reservation is held that waits for its order and is not parked.
    pub oldest_held_at_ms: Option<i64>,
}

/// The ledger as the live page reads it, once a second at most.
#[async_trait]
pub trait LiveLedger: Send + Sync + 'static {
    /// What waits now; `soon_ms` is when orders close that count as closing soon.
    async fn figures(&self, soon_ms: i64) -> Result<LedgerFigures, PortError>;
}

/// What this process stands on.
#[async_trait]
pub trait Health: Send + Sync + 'static {
    /// Servers, tasks and the process, ready or not; within a second or little more.
    async fn states(&self) -> Vec<DependencyState>;
}
