//! Log-ins on Redis in front of the ledger's: a cache shared by the copies, never the truth. When
//! Redis does not answer, or came back empty, the ledger does: nobody is logged out by a gate that
//! forgot.

use std::{sync::Arc, time::Duration};

use app::wire::{AccountId, Me};
use async_trait::async_trait;
use moka::future::Cache;
use serde::{Deserialize, Serialize};

use super::Redis;
use crate::engine::ports::{Login, LoginTokens, PortError, TokenHash};

/// Log-ins kept in process: about 300 bytes each.
const LOGINS: u64 = 100_000;
/// A log-out at another copy is heard within this time.
const LOCAL_LIFE: Duration = Duration::from_secs(2);
/// An account's changes (a ban, a name) reach its log-ins within this time and the one above. So
/// does a log-out that Redis could not be told of.
const SHARED_LIFE_MS: i64 = 30_000;
/// Longer than a copy can take from reading a log-in in the ledger to writing it here: what it
/// writes late is not believed.
const LOGGED_OUT_LIFE_MS: i64 = 60_000;

/// A cache over [`LoginTokens`]. Unknown tokens are not kept: they can be made up without end.
pub struct RedisTokens<T> {
    redis: Redis,
    store: Arc<T>,
    local: Cache<TokenHash, Login>,
}

/// A log-in as it is kept; the token's hash is its name.
#[derive(Serialize, Deserialize)]
struct Kept {
    me: Me,
    expires_at_ms: i64,
    dies_at_ms: i64,
}

/// What Redis says of a token.
enum Shared {
    LoggedIn(Login),
    LoggedOut,
    Unknown,
}

impl<T: LoginTokens> RedisTokens<T> {
    /// A cache over `store`.
    pub fn new(redis: Redis, store: Arc<T>) -> Self {
        let local = Cache::builder()
            .max_capacity(LOGINS)
            .time_to_live(LOCAL_LIFE)
            .build();
        Self {
            redis,
            store,
            local,
        }
    }

    /// The log-in, and the mark that it is over: two keys in one slot, read together.
    fn keys(&self, token: &TokenHash) -> [String; 2] {
        let TokenHash(hash) = token;
        [
            self.redis.key(&format!("login:{{{hash}}}")),
            self.redis.key(&format!("login:{{{hash}}}:out")),
        ]
    }

    async fn shared(&self, token: &TokenHash) -> Shared {
        let mut read = redis::cmd("MGET");
        read.arg(&self.keys(token));
        let read: Result<(Option<Vec<u8>>, Option<String>), _> = self.redis.ask(&read).await;
        match read {
            Ok((_, Some(_))) => Shared::LoggedOut,
            Ok((Some(value), None)) => match serde_json::from_slice::<Kept>(&value) {
                Ok(kept) => Shared::LoggedIn(Login {
                    me: kept.me,
                    expires_at_ms: kept.expires_at_ms,
                    dies_at_ms: kept.dies_at_ms,
                }),
                // Of another version of this program.
                Err(_) => Shared::Unknown,
            },
            Ok((None, None)) | Err(_) => Shared::Unknown,
        }
    }

    async fn share(&self, token: &TokenHash, login: &Login) {
        let kept = Kept {
            me: login.me.clone(),
            expires_at_ms: login.expires_at_ms,
            dies_at_ms: login.dies_at_ms,
        };
        let Ok(value) = serde_json::to_vec(&kept) else {
            return;
        };
        let [key, _] = self.keys(token);
        let mut keep = redis::cmd("SET");
        keep.arg(key).arg(value).arg("PX").arg(SHARED_LIFE_MS);
        self.tell(&keep).await;
    }

    /// Tells Redis what the ledger knows. The ledger is right and the cache short-lived, so that a
    /// failure is no error.
    async fn tell(&self, cmd: &redis::Cmd) {
        if let Err(error) = self.redis.ask::<()>(cmd).await {
            tracing::debug!(error = ?error, "a log-in was not told to Redis");
        }
    }
}

#[async_trait]
impl<T: LoginTokens> LoginTokens for RedisTokens<T> {
    async fn insert(
        &self,
        token: &TokenHash,
        account_id: AccountId,
        expires_at_ms: i64,
        dies_at_ms: i64,
    ) -> Result<(), PortError> {
        // Kept when it is first used.
        self.store
            .insert(token, account_id, expires_at_ms, dies_at_ms)
            .await
    }

    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        if let Some(login) = self.local.get(token).await {
            return Ok(Some(login));
        }
        let login = match self.shared(token).await {
            Shared::LoggedIn(login) => login,
            Shared::LoggedOut => return Ok(None),
            Shared::Unknown => {
                let Some(login) = self.store.get(token).await? else {
                    return Ok(None);
                };
                self.share(token, &login).await;
                login
            }
        };
        self.local.insert(token.clone(), login.clone()).await;
        Ok(Some(login))
    }

    async fn touch(&self, token: &TokenHash, expires_at_ms: i64) -> Result<(), PortError> {
        self.store.touch(token, expires_at_ms).await?;
        self.local.invalidate(token).await;
        let [key, _] = self.keys(token);
        let mut forget = redis::cmd("DEL");
        forget.arg(key);
        self.tell(&forget).await;
        Ok(())
    }

    async fn remove(&self, token: &TokenHash) -> Result<(), PortError> {
        self.store.remove(token).await?;
        self.local.invalidate(token).await;
        // A mark instead of a gap: another copy may be about to write what it read before.
        let [_, out] = self.keys(token);
        let mut mark = redis::cmd("SET");
        mark.arg(out).arg(1).arg("PX").arg(LOGGED_OUT_LIFE_MS);
        self.tell(&mark).await;
        Ok(())
    }

    async fn purge(&self, now_ms: i64) -> Result<(), PortError> {
        self.store.purge(now_ms).await
    }
}
