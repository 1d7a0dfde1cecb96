//! [`Limits`] on Redis: a buyer's actions are counted across all instances.
//!
//! Requests from an address are counted in each process: with a Redis call per request, anyone could
//! overload Redis. Each instance allows the full rate; the proxy in front of the instances limits an
//! address as a whole. Purchases are also counted by each process here; their count across all
//! instances is in the script that decides, see [`RedisPurchases`](super::RedisPurchases).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use moka::future::Cache;

use super::{Arg, Redis, scripts};
use crate::{
    adapters::{
        embedded::GovernedLimits,
        quotas::{Kind, NoLimits, Quota, Quotas},
    },
    engine::ports::{Clock, Limit, Limits, PortError, RetryAfter},
};

/// Most refused callers that a process remembers, about 100 bytes each.
const REFUSED_CALLERS: u64 = 100_000;
/// No period is longer, so no caller is refused for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The limiter of a cluster.
pub struct RedisLimits {
    redis: Redis,
    clock: Arc<dyn Clock>,
    quotas: Quotas,
    off: NoLimits,
    local: GovernedLimits,
    /// Until when Redis refuses a caller. A refusal changes nothing, so until then every answer is
    /// the same: a caller in a tight loop costs Redis one call per period.
    refused_until_ms: Cache<Limit, i64>,
}

impl RedisLimits {
    /// Creates a limiter for this process's callers.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>, quotas: Quotas, off: NoLimits) -> Self {
        Self {
            redis,
            local: GovernedLimits::new(clock.clone(), quotas, off),
            clock,
            quotas,
            off,
            refused_until_ms: Cache::builder()
                .max_capacity(REFUSED_CALLERS)
                .time_to_live(LONGEST_WAIT)
                .build(),
        }
    }

    /// The quota of purchases; `None` when it is switched off.
    pub fn purchase_quota(&self) -> Option<Quota> {
        Kind::Action.quota(self.quotas, self.off)
    }

    async fn count_in_redis(
        &self,
        limit: &Limit,
        quota: Quota,
        now_ms: i64,
    ) -> Result<Option<RetryAfter>, PortError> {
        let args = [
            Arg::Number(now_ms),
            Arg::Number(quota.period_us()),
            Arg::Number(quota.burst.get().into()),
        ];
        let keys = [self.redis.key(&key(limit))];
        let wait_us: i64 = self
            .redis
            .invoke(&scripts::limits::COUNT, &keys, &args)
            .await?;
        // Rounded up: a caller who waits exactly this long is allowed.
        let wait_ms = (wait_us + 999) / 1000;
        Ok((wait_ms > 0).then_some(RetryAfter { wait_ms }))
    }
}

fn key(limit: &Limit) -> String {
    match limit {
        Limit::Address(ip) => format!("limit:address:{ip}"),
        Limit::SignIn(ip) => format!("limit:sign-in:{ip}"),
        Limit::Account(mobile) => format!("limit:account:{mobile}"),
        Limit::Code(account) => format!("limit:code:{account}"),
        Limit::Captcha(buyer) => format!("limit:captcha:{buyer}"),
        Limit::Spelling(buyer) => format!("limit:spelling:{buyer}"),
        Limit::Path(buyer) => format!("limit:path:{buyer}"),
        Limit::Purchase(buyer) => format!("limit:purchase:{buyer}"),
        Limit::Pay(buyer) => format!("limit:pay:{buyer}"),
        Limit::Cancel(buyer) => format!("limit:cancel:{buyer}"),
        Limit::ChangeOrder(buyer) => format!("limit:change-order:{buyer}"),
    }
}

/// Signing in and actions on orders need only the ledger. Without Redis each instance counts them itself;
/// everything else that is limited needs Redis anyway.
fn works_without_redis(limit: &Limit) -> bool {
    matches!(
        limit,
        Limit::SignIn(_)
            | Limit::Account(_)
            | Limit::Code(_)
            | Limit::Pay(_)
            | Limit::Cancel(_)
            | Limit::ChangeOrder(_)
    )
}

#[async_trait]
impl Limits for RedisLimits {
    async fn count(&self, limit: &Limit) -> Result<Option<RetryAfter>, PortError> {
        if matches!(limit, Limit::Address(_) | Limit::Purchase(_)) {
            return self.local.count(limit).await;
        }
        let Some(quota) = Kind::of(limit).quota(self.quotas, self.off) else {
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        if let Some(until_ms) = self.refused_until_ms.get(limit).await
            && now_ms < until_ms
        {
            return Ok(Some(RetryAfter {
                wait_ms: until_ms - now_ms,
            }));
        }
        match self.count_in_redis(limit, quota, now_ms).await {
            Ok(Some(refused)) => {
                let until_ms = now_ms + refused.wait_ms;
                self.refused_until_ms.insert(limit.clone(), until_ms).await;
                Ok(Some(refused))
            }
            Err(PortError::Busy { .. }) if works_without_redis(limit) => {
                self.local.count(limit).await
            }
            answer => answer,
        }
    }
}
