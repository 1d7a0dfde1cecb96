//! [`Paths`] on Redis: handed out by one instance, used at another. When Redis has lost a path, it
//! is refused, and the buyer asks for a new one.

use std::sync::Arc;

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Redis, latest_per_owner::LatestPerOwner};
use crate::engine::ports::{Clock, PathGrant, Paths, PortError};

/// The paths of a cluster.
pub struct RedisPaths {
    clock: Arc<dyn Clock>,
    grants: LatestPerOwner,
}

/// A grant as it is stored; the path is its id.
#[derive(Serialize, Deserialize)]
struct StoredGrant {
    buyer: AccountId,
    item_id: ItemId,
    reservation_id: ReservationId,
    expires_at_ms: i64,
    asked: bool,
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
    fn decode(&self, path: &str, value: Option<Vec<u8>>) -> Option<PathGrant> {
        let stored: StoredGrant = serde_json::from_slice(&value?).ok()?;
        (self.clock.now_ms() < stored.expires_at_ms).then(|| PathGrant {
            path: path.to_owned(),
            buyer: stored.buyer,
            item_id: stored.item_id,
            reservation_id: stored.reservation_id,
            expires_at_ms: stored.expires_at_ms,
            asked: stored.asked,
        })
    }
}

#[async_trait]
impl Paths for RedisPaths {
    async fn put(&self, grant: PathGrant) -> Result<(), PortError> {
        let stored = StoredGrant {
            buyer: grant.buyer,
            item_id: grant.item_id,
            reservation_id: grant.reservation_id,
            expires_at_ms: grant.expires_at_ms,
            asked: grant.asked,
        };
        let value =
            serde_json::to_vec(&stored).map_err(|error| PortError::failed(super::PORT, error))?;
        let owner = (grant.buyer, grant.item_id);
        self.grants
            .put(owner, &grant.path, &value, grant.expires_at_ms)
            .await
    }

    async fn peek(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        Ok(self.decode(path, self.grants.get(path).await?))
    }

    async fn take(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        Ok(self.decode(path, self.grants.take(path).await?))
    }
}
