//! [`Limits`] on Redis: what a buyer does is counted together, whichever copy it reaches.
//!
//! Requests of an address are not: they are counted in each process, because asking Redis about
//! every request would let anybody load it. Each copy lets the full rate through; what stands in
//! front of the copies limits an address as a whole.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use moka::future::Cache;

use super::{Arg, Redis, scripts::COUNT};
use crate::{
    adapters::{
        embedded::GovernedLimits,
        quotas::{Kind, NoLimits, Quota, Quotas},
    },
    engine::ports::{Clock, Limit, Limits, PortError, RetryAfter},
};

/// Callers over a limit that a process remembers, about 100 bytes each.
const OVER: u64 = 100_000;
/// No period is longer, so nobody who is over a limit is for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The limiter of a cluster.
pub struct RedisLimits {
    redis: Redis,
    clock: Arc<dyn Clock>,
    quotas: Quotas,
    off: NoLimits,
    local: GovernedLimits,
    /// Until when Redis said no. A refusal changes nothing, so until then every answer is no: a
    /// caller who hammers costs Redis one question a period.
    over_until_ms: Cache<Limit, i64>,
}

impl RedisLimits {
    /// A limiter for this process's callers.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>, quotas: Quotas, off: NoLimits) -> Self {
        Self {
            redis,
            local: GovernedLimits::new(clock.clone(), quotas, off),
            clock,
            quotas,
            off,
            over_until_ms: Cache::builder()
                .max_capacity(OVER)
                .time_to_live(LONGEST_WAIT)
                .build(),
        }
    }

    async fn ask(
        &self,
        limit: &Limit,
        quota: Quota,
        now_ms: i64,
    ) -> Result<Option<RetryAfter>, PortError> {
        let period_us = i64::try_from(quota.period.as_micros()).unwrap_or(i64::MAX);
        let args = [
            Arg::Number(now_ms),
            Arg::Number(period_us.max(1)),
            Arg::Number(quota.burst.get().into()),
        ];
        let keys = [self.redis.key(&key(limit))];
        let wait_us: i64 = self.redis.run(&COUNT, &keys, &args).await?;
        // Rounded up: whoever waits as long as told is let through.
        let wait_ms = (wait_us + 999) / 1000;
        Ok((wait_ms > 0).then_some(RetryAfter { wait_ms }))
    }
}

fn key(limit: &Limit) -> String {
    match limit {
        Limit::Address(ip) => format!("limit:address:{ip}"),
        Limit::SignIn(ip) => format!("limit:sign-in:{ip}"),
        Limit::Account(mobile) => format!("limit:account:{mobile}"),
        Limit::Captcha(buyer) => format!("limit:captcha:{buyer}"),
        Limit::Spelling(buyer) => format!("limit:spelling:{buyer}"),
        Limit::Path(buyer) => format!("limit:path:{buyer}"),
        Limit::Purchase(buyer) => format!("limit:purchase:{buyer}"),
        Limit::Cancel(buyer) => format!("limit:cancel:{buyer}"),
    }
}

/// Signing in and cancelling need the ledger only. They go on without Redis, counted by each copy
/// for itself; everything else that is limited needs Redis anyway.
fn works_without_redis(limit: &Limit) -> bool {
    matches!(
        limit,
        Limit::SignIn(_) | Limit::Account(_) | Limit::Cancel(_)
    )
}

#[async_trait]
impl Limits for RedisLimits {
    async fn count(&self, limit: &Limit) -> Result<Option<RetryAfter>, PortError> {
        let kind = Kind::of(limit);
        if kind == Kind::Address {
            return self.local.count(limit).await;
        }
        let Some(quota) = kind.quota(self.quotas, self.off) else {
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        if let Some(until_ms) = self.over_until_ms.get(limit).await
            && now_ms < until_ms
        {
            return Ok(Some(RetryAfter {
                wait_ms: until_ms - now_ms,
            }));
        }
        match self.ask(limit, quota, now_ms).await {
            Ok(Some(over)) => {
                let until_ms = now_ms + over.wait_ms;
                self.over_until_ms.insert(limit.clone(), until_ms).await;
                Ok(Some(over))
            }
            Err(PortError::Busy { .. }) if works_without_redis(limit) => {
                self.local.count(limit).await
            }
            answer => answer,
        }
    }
}
