//! Switches in the ledger.

use app::wire::{SetSwitch, Switch};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// The switches that are set. Each change is written into the activity log in the same transaction.
#[async_trait]
pub trait Switches: Send + Sync + 'static {
    /// Switches that were set and not cleared, including those that have ended by themselves.
    async fn all(&self) -> Result<Vec<SetSwitch>, PortError>;

    /// Sets a switch and replaces its earlier setting.
    async fn set(&self, set: &SetSwitch, by: &ChangedBy) -> Result<(), PortError>;

    /// Clears a switch. Returns whether it was set and had not ended at `now_ms`.
    async fn clear(&self, switch: Switch, by: &ChangedBy, now_ms: i64) -> Result<bool, PortError>;
}
