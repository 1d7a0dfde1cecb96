//! Log-ins on Redis in front of the ledger's: a cache shared by the copies, never the truth. When
//! Redis does not answer, or came back empty, the ledger does: nobody is logged out by a gate that
//! forgot. When the ledger does not answer, what Redis knows counts for a while: whoever is logged in
//! goes on buying.

use std::{sync::Arc, time::Duration};

use app::wire::{AccountId, Me};
use async_trait::async_trait;
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::Redis;
use crate::{
    chain::Chain,
    engine::ports::{Login, LoginTokens, PortError, TokenHash},
};

/// Log-ins kept in process: about 300 bytes each.
const LOGINS: u64 = 100_000;
/// A log-out at another copy is heard within this time.
const LOCAL_LIFE: Duration = Duration::from_secs(2);
/// An account's changes (a ban, a name) reach its log-ins within this time and the one above. So
/// does a log-out that Redis could not be told of.
const SHARED_LIFE_MS: i64 = 30_000;
/// While the ledger does not answer, what is known is good for this long.
const OLD_MS: i64 = 600_000;
/// A ledger that did not answer is asked about a log-in again after this long.
const ASKED_AGAIN_MS: i64 = 5_000;
/// Whoever is known waits for the ledger no longer than this.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longer than what is old counts, and than a copy can take from reading a log-in in the ledger to
/// writing it here: what it writes late is not believed.
const LOGGED_OUT_LIFE_MS: i64 = OLD_MS + 60_000;

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
    /// As it was some time ago.
    WasLoggedIn(Login),
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

    /// The log-in, the mark that it need not be read again yet, and the mark that it is over: in one
    /// slot, read together.
    fn keys(&self, token: &TokenHash) -> [String; 3] {
        let TokenHash(hash) = token;
        ["", ":fresh", ":out"].map(|what| self.redis.key(&format!("login:{{{hash}}}{what}")))
    }

    async fn shared(&self, token: &TokenHash) -> Shared {
        let mut read = redis::cmd("MGET");
        read.arg(&self.keys(token));
        type Read = (Option<Vec<u8>>, Option<String>, Option<String>);
        let Ok((value, fresh, out)) = self.redis.ask::<Read>(&read).await else {
            return Shared::Unknown;
        };
        if out.is_some() {
            return Shared::LoggedOut;
        }
        // What cannot be read is of another version of this program.
        let kept = value.and_then(|value| serde_json::from_slice::<Kept>(&value).ok());
        let login = kept.map(|kept| Login {
            me: kept.me,
            expires_at_ms: kept.expires_at_ms,
            dies_at_ms: kept.dies_at_ms,
        });
        match login {
            Some(login) if fresh.is_some() => Shared::LoggedIn(login),
            Some(login) => Shared::WasLoggedIn(login),
            None => Shared::Unknown,
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
        let [key, ..] = self.keys(token);
        let mut keep = redis::cmd("SET");
        keep.arg(key).arg(value).arg("PX").arg(OLD_MS);
        self.tell(&keep).await;
        self.count_as_fresh(token, SHARED_LIFE_MS).await;
    }

    async fn count_as_fresh(&self, token: &TokenHash, life_ms: i64) {
        let [_, fresh, _] = self.keys(token);
        let mut mark = redis::cmd("SET");
        mark.arg(fresh).arg(1).arg("PX").arg(life_ms);
        self.tell(&mark).await;
    }

    /// What the ledger says, for everybody to know.
    async fn read(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        let login = self.store.get(token).await?;
        if let Some(login) = &login {
            self.share(token, login).await;
        }
        Ok(login)
    }

    /// The same, or else what was known before.
    async fn read_again(&self, token: &TokenHash, old: Login) -> Option<Login> {
        match timeout(PATIENCE, self.read(token)).await {
            Ok(Ok(login)) => login,
            failed => {
                let error = match failed {
                    Ok(Err(error)) => error,
                    _ => PortError::busy("ledger", "no answer in time"),
                };
                tracing::debug!(error = %Chain(&error), "the ledger does not say who is logged in");
                self.count_as_fresh(token, ASKED_AGAIN_MS).await;
                Some(old)
            }
        }
    }

    /// Tells Redis what the ledger knows. The ledger is right and the cache short-lived, so that a
    /// failure is no error.
    async fn tell(&self, cmd: &redis::Cmd) {
        if let Err(error) = self.redis.ask::<()>(cmd).await {
            tracing::debug!(error = %Chain(&error), "a log-in was not written to Redis");
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
            Shared::LoggedIn(login) => Some(login),
            Shared::WasLoggedIn(login) => self.read_again(token, login).await,
            Shared::LoggedOut => None,
            Shared::Unknown => self.read(token).await?,
        };
        if let Some(login) = &login {
            self.local.insert(token.clone(), login.clone()).await;
        }
        Ok(login)
    }

    async fn touch(&self, token: &TokenHash, expires_at_ms: i64) -> Result<(), PortError> {
        self.store.touch(token, expires_at_ms).await?;
        self.local.invalidate(token).await;
        let [_, fresh, _] = self.keys(token);
        let mut forget = redis::cmd("DEL");
        forget.arg(fresh);
        self.tell(&forget).await;
        Ok(())
    }

    async fn remove(&self, token: &TokenHash) -> Result<(), PortError> {
        self.store.remove(token).await?;
        self.local.invalidate(token).await;
        // A mark instead of a gap: another copy may be about to write what it read before.
        let [_, _, out] = self.keys(token);
        let mut mark = redis::cmd("SET");
        mark.arg(out).arg(1).arg("PX").arg(LOGGED_OUT_LIFE_MS);
        self.tell(&mark).await;
        Ok(())
    }

    async fn purge(&self, now_ms: i64) -> Result<(), PortError> {
        self.store.purge(now_ms).await
    }
}
