//! [`Paths`] on Redis: handed out by one copy, used at another. A Redis that forgot them refuses
//! them: the buyer asks for a new one.

use std::sync::Arc;

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{PORT, Redis, latest::Latest};
use crate::engine::ports::{Clock, PathGrant, Paths, PortError};

/// The paths of a cluster.
pub struct RedisPaths {
    clock: Arc<dyn Clock>,
    grants: Latest,
}

/// A grant as it is kept; the path is its name.
#[derive(Serialize, Deserialize)]
struct Kept {
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
            grants: Latest::new(redis, clock.clone(), "path"),
            clock,
        }
    }

    /// Redis counts a life on its own clock; the engine's decides. A value of another version of
    /// this program is forgotten.
    fn read(&self, path: &str, value: Option<Vec<u8>>) -> Option<PathGrant> {
        let kept: Kept = serde_json::from_slice(&value?).ok()?;
        (self.clock.now_ms() < kept.expires_at_ms).then(|| PathGrant {
            path: path.to_owned(),
            buyer: kept.buyer,
            item_id: kept.item_id,
            reservation_id: kept.reservation_id,
            expires_at_ms: kept.expires_at_ms,
            asked: kept.asked,
        })
    }
}

#[async_trait]
impl Paths for RedisPaths {
    async fn put(&self, grant: PathGrant) -> Result<(), PortError> {
        let kept = Kept {
            buyer: grant.buyer,
            item_id: grant.item_id,
            reservation_id: grant.reservation_id,
            expires_at_ms: grant.expires_at_ms,
            asked: grant.asked,
        };
        let value = serde_json::to_vec(&kept).map_err(|error| PortError::failed(PORT, error))?;
        let owner = (grant.buyer, grant.item_id);
        self.grants
            .put(owner, &grant.path, &value, grant.expires_at_ms)
            .await
    }

    async fn peek(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        Ok(self.read(path, self.grants.get(path).await?))
    }

    async fn take(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        Ok(self.read(path, self.grants.take(path).await?))
    }
}
