//! What Redis does when its memory is full. It must refuse to write: any other policy deletes keys of
//! its own choice, and with them who holds a unit.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use redis::RedisResult;
use tokio::sync::Mutex;

use super::{PORT, Redis, connection::Connection, examine::everywhere};
use crate::engine::ports::PortError;

/// The only policy that deletes nothing.
const KEEPS: &str = "noeviction";
const SETTING: &str = "maxmemory-policy";

/// The check, with its last answer. That is good for a while: readiness is asked by every balancer,
/// by the container's own check and by whoever else reaches the process, and each question would be a
/// `CONFIG GET` at every master, about a setting that only an operator changes.
pub struct MemoryPolicy {
    redis: Redis,
    good_for: Duration,
    /// When the servers were asked, and the policy of one that deletes.
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

    /// Whether every server refuses to write when its memory is full. One that does not tell, as
    /// many that are rented do not, or that does not answer now, counts as one that does.
    ///
    /// # Errors
    /// When one deletes instead.
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
        // Locked until the servers have answered: whoever comes meanwhile gets the same answer.
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
