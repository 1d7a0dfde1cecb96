//! [`Paths`] on Redis: issued by one instance, used at another. A buyer's path for an item is stored in the
//! same slot as the stock, so that the script that decides also uses it up. If Redis has lost a path, or
//! the item was loaded with another number of segments, the path is refused, and the buyer asks for a new
//! one.

use std::sync::Arc;

use app::wire::{AccountId, ItemId};
use async_trait::async_trait;

use super::{Arg, Redis, RedisGate, keys, scripts};
use crate::engine::ports::{Clock, PathClaim, PathGrant, Paths, PortError};

/// The letter of the prelude's `PATH_FRESH`.
const FRESH: &str = "f";
const UNANSWERED: &str = "a";

/// The paths of a cluster.
pub struct RedisPaths {
    redis: Redis,
    clock: Arc<dyn Clock>,
    gate: Arc<RedisGate>,
}

impl RedisPaths {
    /// The paths under `redis`'s namespace, for the items of `gate`.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>, gate: Arc<RedisGate>) -> Self {
        Self { redis, clock, gate }
    }

    async fn key(&self, buyer: AccountId, item_id: ItemId) -> Result<String, PortError> {
        let (segment, _) = self.gate.segment_of(item_id, buyer).await?;
        Ok(segment.key(&self.redis, &keys::path(buyer)))
    }

    /// Notes that a purchase got no answer. It may have used up the path, and the same path must give the
    /// same answer, also at another instance.
    ///
    /// # Errors
    /// As [`Redis::invoke`]; then the path may count as used up at other instances.
    pub async fn note_unanswered(
        &self,
        claim: &PathClaim<'_>,
        purchase_id: &str,
    ) -> Result<(), PortError> {
        let key = self.key(claim.buyer, claim.item_id).await?;
        let args = [Arg::Text(claim.path), Arg::Text(purchase_id)];
        self.redis
            .invoke::<i64>(&scripts::gate::PATH_UNANSWERED, &[key], &args)
            .await
            .map(drop)
    }
}

/// Encodes a path in the form that the prelude's `get_path` reads.
fn encode(grant: &PathGrant) -> String {
    let state = if grant.asked { UNANSWERED } else { FRESH };
    let reservation_id = grant.unit.reservation_id;
    let expires_at_ms = grant.expires_at_ms;
    format!("{}|{reservation_id}|{expires_at_ms}|{state}", grant.path)
}

/// `None`: used up, or written by another version of this program.
fn decode(claim: &PathClaim<'_>, text: &str) -> Option<PathGrant> {
    let mut fields = text.split('|');
    let path = fields.next()?.to_owned();
    let reservation_id = fields.next()?.parse().ok()?;
    let expires_at_ms = fields.next()?.parse().ok()?;
    let asked = match fields.next()? {
        FRESH => false,
        UNANSWERED => true,
        _ => return None,
    };
    Some(PathGrant {
        path,
        unit: claim.unit(reservation_id),
        expires_at_ms,
        asked,
    })
}

#[async_trait]
impl Paths for RedisPaths {
    async fn put(&self, grant: PathGrant) -> Result<(), PortError> {
        let life_ms = (grant.expires_at_ms - self.clock.now_ms()).max(1);
        let mut set = redis::cmd("SET");
        set.arg(self.key(grant.unit.buyer, grant.unit.item_id).await?);
        set.arg(encode(&grant)).arg("PX").arg(life_ms);
        self.redis.query(&set).await
    }

    async fn peek(&self, claim: &PathClaim<'_>) -> Result<Option<PathGrant>, PortError> {
        let mut get = redis::cmd("GET");
        get.arg(self.key(claim.buyer, claim.item_id).await?);
        let text: Option<String> = self.redis.query(&get).await?;
        let found = text.and_then(|text| decode(claim, &text));
        let now_ms = self.clock.now_ms();
        Ok(found.filter(|grant| claim.is_of(grant, now_ms)))
    }
}
