//! Switches in the ledger.

use app::wire::{SetSwitch, Switch};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// Which switches are set. Each change is written into the activity log in the same transaction.
#[async_trait]
pub trait Switches: Send + Sync + 'static {
    /// Those that were set and not cleared, also when they have ended meanwhile.
    async fn all(&self) -> Result<Vec<SetSwitch>, PortError>;

    /// Sets one, in place of what was set before.
    async fn set(&self, set: &SetSwitch, by: &ChangedBy) -> Result<(), PortError>;

    /// Clears one. Whether it was set and had not ended at `now_ms`.
    async fn clear(&self, switch: Switch, by: &ChangedBy, now_ms: i64) -> Result<bool, PortError>;
}
