//! Caches log-ins in front of the ledger. For a single process only: it would not notice log-outs at
//! other instances.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use app::wire::AccountId;
use async_trait::async_trait;
use moka::future::Cache;

use super::batched_log_ins::BatchedLogIns;
use crate::engine::ports::{
    LogInRecord, Login, LoginBatches, LoginTokens, NewLogIn, PortError, TokenHash,
};

/// Log-ins cached: about 300 bytes each.
const LOGINS: u64 = 100_000;
/// Changes of an account (a ban, a name) reach its log-ins within this time.
const LIFE: Duration = Duration::from_secs(30);

/// A write-through cache over [`LoginTokens`]. Unknown tokens are not cached: an attacker could
/// invent any number.
pub struct CachedTokens<T> {
    store: Arc<T>,
    reader: BatchedLogIns<T>,
    logins: Cache<TokenHash, Login>,
    /// Count of ended log-ins. A reader does not cache a log-in if one ended during its read.
    ended: AtomicU64,
}

impl<T: LoginTokens + LoginBatches> CachedTokens<T> {
    /// An empty cache over the ledger's log-ins.
    pub fn new(store: Arc<T>) -> Self {
        let logins = Cache::builder()
            .max_capacity(LOGINS)
            .time_to_live(LIFE)
            .build();
        Self {
            reader: BatchedLogIns::new(Arc::clone(&store)),
            store,
            logins,
            ended: AtomicU64::new(0),
        }
    }
}

#[async_trait]
impl<T: LoginTokens + LoginBatches> LoginTokens for CachedTokens<T> {
    async fn insert(&self, log_in: &NewLogIn) -> Result<(), PortError> {
        self.store.insert(log_in).await
    }

    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        if let Some(login) = self.logins.get(token).await {
            return Ok(Some(login));
        }
        let ended = self.ended.load(SeqCst);
        let login = self.reader.get(token).await?;
        if let Some(login) = &login
            && self.ended.load(SeqCst) == ended
        {
            self.logins.insert(token.clone(), login.clone()).await;
        }
        Ok(login)
    }

    async fn of_account(&self, account_id: AccountId) -> Result<Vec<LogInRecord>, PortError> {
        self.store.of_account(account_id).await
    }

    async fn touch(
        &self,
        token: &TokenHash,
        used_at_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        self.store.touch(token, used_at_ms, expires_at_ms).await?;
        self.logins.invalidate(token).await;
        Ok(())
    }

    async fn remove(&self, token: &TokenHash) -> Result<(), PortError> {
        let removed = self.store.remove(token).await;
        // Even if the ledger did not answer: it may have removed the log-in, or still do so.
        self.ended.fetch_add(1, SeqCst);
        self.logins.invalidate(token).await;
        removed
    }

    async fn purge(&self, now_ms: i64) -> Result<(), PortError> {
        self.store.purge(now_ms).await
    }
}
