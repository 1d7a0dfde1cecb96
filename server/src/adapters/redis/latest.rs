//! Things with a life of which each buyer has at most one for an item: the latest. Questions and
//! paths are such things; what they hold is none of this module's business.

use std::sync::Arc;

use app::wire::{AccountId, ItemId};

use super::Redis;
use crate::engine::ports::{Clock, PortError};

/// Who has a thing, for what.
pub type Owner = (AccountId, ItemId);

/// Longest name of a thing: names come from outside.
const NAME: usize = 64;

/// Values under `<kind>:<name>`, the latest name of each owner under `<kind>-of:<buyer>:<item>`.
/// Redis forgets both at the end of their life. Bounded by Redis's memory: a full one is busy.
pub struct Latest {
    redis: Redis,
    clock: Arc<dyn Clock>,
    kind: &'static str,
}

impl Latest {
    pub fn new(redis: Redis, clock: Arc<dyn Clock>, kind: &'static str) -> Self {
        Self { redis, clock, kind }
    }

    /// Keeps a value until `expires_at_ms`, and forgets the owner's earlier one.
    ///
    /// The keys are on different nodes of a Redis Cluster, so this is done in steps. The value
    /// comes first: of two that are put at once, the one whose name is noted later finds the other
    /// and forgets it. If the process dies in between, the new name was told to nobody.
    ///
    /// # Errors
    /// As [`Redis::ask`]; the new name may be noted or not.
    pub async fn put(
        &self,
        owner: Owner,
        name: &str,
        value: &[u8],
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        let life_ms = (expires_at_ms - self.clock.now_ms()).max(1);
        let mut keep = redis::cmd("SET");
        keep.arg(self.value_key(name)).arg(value);
        keep.arg("PX").arg(life_ms);
        self.redis.ask::<()>(&keep).await?;

        let (buyer, item_id) = owner;
        let owner_key = format!("{}-of:{buyer}:{item_id}", self.kind);
        let mut note = redis::cmd("SET");
        note.arg(self.redis.key(&owner_key)).arg(name);
        note.arg("PX").arg(life_ms).arg("GET");
        let earlier: Option<String> = self.redis.ask(&note).await?;
        if let Some(earlier) = earlier.filter(|earlier| earlier != name) {
            let mut forget = redis::cmd("DEL");
            forget.arg(self.value_key(&earlier));
            self.redis.ask::<()>(&forget).await?;
        }
        Ok(())
    }

    /// A value, left where it is.
    ///
    /// # Errors
    /// As [`Redis::ask`].
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.value("GET", name).await
    }

    /// A value, which nobody gets again. The owner's note of its name dies by itself.
    ///
    /// # Errors
    /// As [`Redis::ask`]; then it is not known whether the value is still there.
    pub async fn take(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.value("GETDEL", name).await
    }

    async fn value(&self, verb: &str, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        if name.len() > NAME {
            return Ok(None);
        }
        let mut cmd = redis::cmd(verb);
        cmd.arg(self.value_key(name));
        self.redis.ask(&cmd).await
    }

    fn value_key(&self, name: &str) -> String {
        self.redis.key(&format!("{}:{name}", self.kind))
    }
}
