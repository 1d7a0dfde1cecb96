//! Redis's behaviour when its memory is full. It must refuse writes: any other policy deletes keys of
//! its own choice, and with them the holders of units.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use redis::RedisResult;
use tokio::sync::Mutex;

use super::{PORT, Redis, examine::everywhere, servers::Connection};
use crate::engine::ports::PortError;

/// The only policy that deletes nothing.
const KEEPS: &str = "noeviction";
const SETTING: &str = "maxmemory-policy";

/// The check with its cached answer. Balancers, container health checks and other clients ask for
/// readiness often, and each check would send `CONFIG GET` to every master, for a setting that only
/// an operator changes.
pub struct MemoryPolicy {
    redis: Redis,
    good_for: Duration,
    /// When the servers were asked, and the policy of a server that deletes.
    last: Mutex<Option<(Instant, Option<String>)>>,
}

impl MemoryPolicy {
    /// Asks the servers at most once in `good_for`.
    pub fn new(redis: Redis, good_for: Duration) -> Self {
        Self {
            redis,
            good_for,
            last: Mutex::default(),
        }
    }

    /// Whether every server refuses writes when its memory is full. A server that does not tell, as
    /// many hosted ones do not, or does not answer now, counts as one that refuses.
    ///
    /// # Errors
    /// If one deletes keys instead.
    pub async fn check(&self) -> Result<(), PortError> {
        match self.policy_that_deletes().await {
            None => Ok(()),
            Some(policy) => Err(PortError::failed(
                PORT,
                format!(
                    "its {SETTING} is {policy}: when its memory is full it deletes who holds a \
                     unit, and units are sold twice. Set it to {KEEPS}"
                ),
            )),
        }
    }

    async fn policy_that_deletes(&self) -> Option<String> {
        // Locked until the servers have answered: concurrent callers get the same answer.
        let mut last = self.last.lock().await;
        if let Some((asked_at, policy)) = &*last
            && asked_at.elapsed() < self.good_for
        {
            return policy.clone();
        }
        let policies = self.redis.call(read).await.unwrap_or_default();
        let policy = policies.into_iter().find(|policy| policy != KEEPS);
        *last = Some((Instant::now(), policy.clone()));
        policy
    }
}

/// The policy of every server.
async fn read(connection: &mut Connection) -> RedisResult<Vec<String>> {
    let mut get = redis::cmd("CONFIG");
    get.arg("GET").arg(SETTING);
    let answers: Vec<HashMap<String, String>> = everywhere(connection, get).await?;
    let policy = |mut answer: HashMap<String, String>| answer.remove(SETTING);
    Ok(answers.into_iter().filter_map(policy).collect())
}
