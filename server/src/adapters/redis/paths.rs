//! [`Paths`] on Redis: handed out by one instance, used at another. When Redis has lost a path, it
//! is refused, and the buyer asks for a new one.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Redis, latest_per_owner::LatestPerOwner};
use crate::engine::ports::{Clock, PathGrant, Paths, PortError};

/// The paths of a cluster.
pub struct RedisPaths {
    clock: Arc<dyn Clock>,
    grants: LatestPerOwner,
}

impl RedisPaths {
    /// The paths under `redis`'s namespace.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>) -> Self {
        Self {
            grants: LatestPerOwner::new(redis, clock.clone(), "path"),
            clock,
        }
    }

    /// Redis expires a value by its own clock; the engine's clock decides. A value that another
    /// version of this program wrote counts as expired.
    fn decode(&self, value: Option<Vec<u8>>) -> Option<PathGrant> {
        let grant: PathGrant = serde_json::from_slice(&value?).ok()?;
        (self.clock.now_ms() < grant.expires_at_ms).then_some(grant)
    }
}

#[async_trait]
impl Paths for RedisPaths {
    async fn put(&self, grant: PathGrant) -> Result<(), PortError> {
        let value =
            serde_json::to_vec(&grant).map_err(|error| PortError::failed(super::PORT, error))?;
        let owner = (grant.unit.buyer, grant.unit.item_id);
        self.grants
            .put(owner, &grant.path, &value, grant.expires_at_ms)
            .await
    }

    async fn peek(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        Ok(self.decode(self.grants.get(path).await?))
    }

    async fn take(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        Ok(self.decode(self.grants.take(path).await?))
    }
}
