//! Values that expire, such as captchas. Each buyer has at most one for an item: the latest.

use std::sync::Arc;

use app::wire::{AccountId, ItemId};

use super::Redis;
use crate::engine::ports::{Clock, PortError};

/// A buyer, and the item the value is for.
pub type Owner = (AccountId, ItemId);

/// Longest id of a value: ids come from clients.
const MAX_ID_BYTES: usize = 64;

/// Values under `<kind>:<id>`, the latest id of each owner under `<kind>-of:<buyer>:<item>`. Both
/// expire. Bounded by Redis's memory: when it is full, [`put`](Self::put) is refused as busy.
pub struct LatestPerOwner {
    redis: Redis,
    clock: Arc<dyn Clock>,
    kind: &'static str,
}

impl LatestPerOwner {
    pub fn new(redis: Redis, clock: Arc<dyn Clock>, kind: &'static str) -> Self {
        Self { redis, clock, kind }
    }

    /// Stores a value until `expires_at_ms`, and removes the owner's earlier one.
    ///
    /// The keys are on different nodes of a Redis Cluster, so this takes several steps. The value
    /// comes first: of two concurrent calls, the one whose id is stored later finds the other and
    /// removes it. If the process dies in between, no client knows the new id.
    ///
    /// # Errors
    /// As [`Redis::query`]; the new id may be stored or not.
    pub async fn put(
        &self,
        owner: Owner,
        id: &str,
        value: &[u8],
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        let life_ms = (expires_at_ms - self.clock.now_ms()).max(1);
        let mut set_value = redis::cmd("SET");
        set_value.arg(self.value_key(id)).arg(value);
        set_value.arg("PX").arg(life_ms);
        self.redis.query::<()>(&set_value).await?;

        let (buyer, item_id) = owner;
        let owner_key = format!("{}-of:{buyer}:{item_id}", self.kind);
        let mut set_latest = redis::cmd("SET");
        set_latest.arg(self.redis.key(&owner_key)).arg(id);
        set_latest.arg("PX").arg(life_ms).arg("GET");
        let earlier: Option<String> = self.redis.query(&set_latest).await?;
        if let Some(earlier) = earlier.filter(|earlier| earlier != id) {
            let mut remove = redis::cmd("DEL");
            remove.arg(self.value_key(&earlier));
            self.redis.query::<()>(&remove).await?;
        }
        Ok(())
    }

    /// Reads a value.
    ///
    /// # Errors
    /// As [`Redis::query`].
    pub async fn get(&self, id: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.value("GET", id).await
    }

    /// Removes a value and returns it: no other caller gets it. Its id expires by itself.
    ///
    /// # Errors
    /// As [`Redis::query`]; then the value may or may not still be there.
    pub async fn take(&self, id: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.value("GETDEL", id).await
    }

    async fn value(&self, command: &str, id: &str) -> Result<Option<Vec<u8>>, PortError> {
        if id.len() > MAX_ID_BYTES {
            return Ok(None);
        }
        let mut read = redis::cmd(command);
        read.arg(self.value_key(id));
        self.redis.query(&read).await
    }

    fn value_key(&self, id: &str) -> String {
        self.redis.key(&format!("{}:{id}", self.kind))
    }
}
