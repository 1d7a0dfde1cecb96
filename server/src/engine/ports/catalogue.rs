//! What is on sale. Only approved rounds are visible.

use std::sync::Arc;

use app::wire::{ItemDetail, ItemId, Round};
use async_trait::async_trait;

use super::{PortError, Window};

/// Reads of the catalogue; may be some seconds old.
#[async_trait]
pub trait Catalogue: Send + Sync + 'static {
    /// Approved rounds that ended less than a day before `now_ms` or end later, by start time, at
    /// most 100.
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError>;

    /// One item of an approved round.
    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError>;

    /// Items of approved rounds that end after `now_ms`, at most 10,000: what the gate must know.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError>;
}
