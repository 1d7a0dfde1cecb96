//! Log-ins on Redis in front of the ledger's: a shared cache, never the truth. When Redis does not
//! answer, or is empty, the ledger is read: losing Redis signs nobody out. When the ledger does not
//! answer, cached log-ins stay valid for a while, so that signed-in buyers can go on buying.

use std::{sync::Arc, time::Duration};

use app::wire::{AccountId, Me};
use async_trait::async_trait;
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::Redis;
use crate::chain::Chain;
use crate::engine::ports::{LogInRecord, Login, LoginTokens, NewLogIn, PortError, TokenHash};

/// Log-ins cached in this process: about 300 bytes each.
const MAX_LOCAL_LOGINS: u64 = 100_000;
/// A log-out at another instance takes effect here within this time.
const LOCAL_LIFE: Duration = Duration::from_secs(2);
/// A cached log-in is fresh for this long. A change of its account (a ban, a name), or a log-out
/// that could not be stored in Redis, takes effect within this time plus the one above.
const FRESH_LIFE_MS: i64 = 30_000;
/// A cached log-in that is not fresh is used for this long while the ledger does not answer.
const STALE_LIFE_MS: i64 = 600_000;
/// After the ledger did not answer, a log-in counts as fresh for this long.
const LEDGER_RETRY_MS: i64 = 5_000;
/// Time limit of a read of the ledger if there is a stale log-in.
const LEDGER_TIMEOUT: Duration = Duration::from_secs(1);
/// Longer than a stale log-in is used, and than an instance can take from reading a log-in in the
/// ledger to storing it here: one stored after the log-out is ignored.
const LOGGED_OUT_LIFE_MS: i64 = STALE_LIFE_MS + 60_000;

/// A cache over [`LoginTokens`]. Unknown tokens are not cached: attackers could invent many.
pub struct RedisTokens<T> {
    redis: Redis,
    store: Arc<T>,
    local: Cache<TokenHash, Login>,
}

/// A stored log-in, by the token's hash.
#[derive(Serialize, Deserialize)]
struct StoredLogin {
    me: Me,
    expires_at_ms: i64,
    /// The form that instances of an earlier version write.
    #[serde(rename = "dies_at_ms")]
    max_expires_at_ms: i64,
}

/// What Redis knows about a token.
enum SharedLogin {
    Fresh(Login),
    Stale(Login),
    LoggedOut,
    Unknown,
}

impl<T: LoginTokens> RedisTokens<T> {
    /// A cache over the ledger's log-ins.
    pub fn new(redis: Redis, store: Arc<T>) -> Self {
        let local = Cache::builder()
            .max_capacity(MAX_LOCAL_LOGINS)
            .time_to_live(LOCAL_LIFE)
            .build();
        Self {
            redis,
            store,
            local,
        }
    }

    /// The keys of the log-in, of its freshness, and of its log-out: in one slot, read together.
    fn keys(&self, token: &TokenHash) -> [String; 3] {
        let TokenHash(hash) = token;
        ["", ":fresh", ":out"].map(|suffix| self.redis.key(&format!("login:{{{hash}}}{suffix}")))
    }

    async fn shared(&self, token: &TokenHash) -> SharedLogin {
        type Read = (Option<Vec<u8>>, Option<String>, Option<String>);
        let mut read = redis::cmd("MGET");
        read.arg(&self.keys(token));
        let Ok((value, fresh, out)) = self.redis.query::<Read>(&read).await else {
            return SharedLogin::Unknown;
        };
        if out.is_some() {
            return SharedLogin::LoggedOut;
        }
        // An unreadable value was written by another version of this program.
        let stored = value.and_then(|value| serde_json::from_slice::<StoredLogin>(&value).ok());
        let login = stored.map(|stored| Login {
            me: stored.me,
            expires_at_ms: stored.expires_at_ms,
            max_expires_at_ms: stored.max_expires_at_ms,
        });
        match login {
            Some(login) if fresh.is_some() => SharedLogin::Fresh(login),
            Some(login) => SharedLogin::Stale(login),
            None => SharedLogin::Unknown,
        }
    }

    async fn store(&self, token: &TokenHash, login: &Login) {
        let stored = StoredLogin {
            me: login.me.clone(),
            expires_at_ms: login.expires_at_ms,
            max_expires_at_ms: login.max_expires_at_ms,
        };
        let Ok(value) = serde_json::to_vec(&stored) else {
            return;
        };
        let [key, ..] = self.keys(token);
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value).arg("PX").arg(STALE_LIFE_MS);
        self.update(&set).await;
        self.set_fresh(token, FRESH_LIFE_MS).await;
    }

    async fn set_fresh(&self, token: &TokenHash, life_ms: i64) {
        let [_, fresh, _] = self.keys(token);
        let mut set = redis::cmd("SET");
        set.arg(fresh).arg(1).arg("PX").arg(life_ms);
        self.update(&set).await;
    }

    /// Reads the ledger, and caches the log-in for all instances.
    async fn read(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        let login = self.store.get(token).await?;
        if let Some(login) = &login {
            self.store(token, login).await;
        }
        Ok(login)
    }

    /// Reads the ledger; if it does not answer, uses the stale log-in.
    async fn read_or_stale(&self, token: &TokenHash, stale: Login) -> Option<Login> {
        match timeout(LEDGER_TIMEOUT, self.read(token)).await {
            Ok(Ok(login)) => login,
            no_answer => {
                let error = match no_answer {
                    Ok(Err(error)) => error,
                    _ => PortError::busy("ledger", "no answer in time"),
                };
                tracing::debug!(
                    error = %Chain(&error),
                    "cannot read a log-in in the ledger; the cached one counts for now"
                );
                self.set_fresh(token, LEDGER_RETRY_MS).await;
                Some(stale)
            }
        }
    }

    /// Updates the cache. The ledger has the truth and the cache is short-lived, so a failure is no
    /// error.
    async fn update(&self, cmd: &redis::Cmd) {
        if let Err(error) = self.redis.query::<()>(cmd).await {
            tracing::debug!(
                error = %Chain(&error),
                "cannot update a cached log-in in Redis; it may be outdated until it expires"
            );
        }
    }
}

#[async_trait]
impl<T: LoginTokens> LoginTokens for RedisTokens<T> {
    async fn insert(&self, log_in: &NewLogIn) -> Result<(), PortError> {
        // Cached at its first use.
        self.store.insert(log_in).await
    }

    async fn of_account(&self, account_id: AccountId) -> Result<Vec<LogInRecord>, PortError> {
        self.store.of_account(account_id).await
    }

    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        if let Some(login) = self.local.get(token).await {
            return Ok(Some(login));
        }
        let login = match self.shared(token).await {
            SharedLogin::Fresh(login) => Some(login),
            SharedLogin::Stale(login) => self.read_or_stale(token, login).await,
            SharedLogin::LoggedOut => None,
            SharedLogin::Unknown => self.read(token).await?,
        };
        if let Some(login) = &login {
            self.local.insert(token.clone(), login.clone()).await;
        }
        Ok(login)
    }

    async fn touch(
        &self,
        token: &TokenHash,
        used_at_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        self.store.touch(token, used_at_ms, expires_at_ms).await?;
        self.local.invalidate(token).await;
        let [_, fresh, _] = self.keys(token);
        let mut remove = redis::cmd("DEL");
        remove.arg(fresh);
        self.update(&remove).await;
        Ok(())
    }

    async fn remove(&self, token: &TokenHash) -> Result<(), PortError> {
        let removed = self.store.remove(token).await;
        self.local.invalidate(token).await;
        // Even if the ledger did not answer. Marked, not only removed: another instance may be storing an earlier read.
        let [_, _, out] = self.keys(token);
        let mut set = redis::cmd("SET");
        set.arg(out).arg(1).arg("PX").arg(LOGGED_OUT_LIFE_MS);
        self.update(&set).await;
        removed
    }

    async fn purge(&self, now_ms: i64) -> Result<(), PortError> {
        self.store.purge(now_ms).await
    }
}
