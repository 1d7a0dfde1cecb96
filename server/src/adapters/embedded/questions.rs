//! [`Captchas`] and [`Paths`] in memory. They are lost at a restart: buyers answer a new question.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::wire::{AccountId, CaptchaId, ItemId};
use async_trait::async_trait;

use super::expiring::{ExpiringMap, Full};
use crate::engine::ports::{
    AskedCaptcha, Captchas, Clock, PathClaim, PathGrant, Paths, PortError, TakePaths,
};

/// Most questions. A picture is about 3 kB: at most some 100 MB, at the peak of a sale.
const CAPTCHAS: usize = 32_768;
/// Most paths: one for each buyer, from a minute before a start to one after it.
const PATHS: usize = 262_144;

fn full(port: &'static str) -> impl Fn(Full) -> PortError {
    move |Full| PortError::busy(port, "the limit of questions or paths is reached")
}

type Owner = (AccountId, ItemId);

/// Values by key. Each buyer has at most one for an item: the latest.
struct LatestPerOwner<K, V> {
    things: ExpiringMap<K, V>,
    keys: ExpiringMap<Owner, K>,
}

impl<K: Clone + Hash + Ord, V> LatestPerOwner<K, V> {
    fn new(capacity: usize) -> Self {
        Self {
            things: ExpiringMap::new(capacity),
            keys: ExpiringMap::new(capacity),
        }
    }

    /// Removes the owner's earlier value even if the new one cannot be stored.
    fn put(
        &mut self,
        owner: Owner,
        key: K,
        thing: V,
        expires_at_ms: i64,
        now_ms: i64,
    ) -> Result<(), Full> {
        if let Some(earlier) = self.keys.remove(&owner) {
            self.things.remove(&earlier);
        }
        self.things
            .insert(key.clone(), thing, expires_at_ms, now_ms)?;
        self.keys.insert(owner, key, expires_at_ms, now_ms)
    }

    fn take(&mut self, key: &K, owner: impl FnOnce(&V) -> Owner) -> Option<V> {
        let thing = self.things.remove(key)?;
        self.keys.remove(&owner(&thing));
        Some(thing)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct CaptchaMaps {
    asked: LatestPerOwner<CaptchaId, AskedCaptcha>,
    spelled: ExpiringMap<CaptchaId, ()>,
}

/// The asked questions.
pub struct MemoryCaptchas {
    clock: Arc<dyn Clock>,
    maps: Mutex<CaptchaMaps>,
}

impl MemoryCaptchas {
    /// Creates an empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let maps = CaptchaMaps {
            asked: LatestPerOwner::new(CAPTCHAS),
            spelled: ExpiringMap::new(CAPTCHAS),
        };
        Self {
            clock,
            maps: Mutex::new(maps),
        }
    }
}

#[async_trait]
impl Captchas for MemoryCaptchas {
    async fn put(&self, asked: AskedCaptcha) -> Result<(), PortError> {
        let now_ms = self.clock.now_ms();
        let owner = (asked.buyer, asked.item_id);
        let (id, expires_at_ms) = (asked.captcha_id, asked.expires_at_ms);
        let put = locked(&self.maps)
            .asked
            .put(owner, id, asked, expires_at_ms, now_ms);
        put.map_err(full("captchas"))
    }

    async fn get(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        Ok(locked(&self.maps).asked.things.get(&captcha_id).cloned())
    }

    async fn take(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        let owner = |asked: &AskedCaptcha| (asked.buyer, asked.item_id);
        Ok(locked(&self.maps).asked.take(&captcha_id, owner))
    }

    async fn first_spelling(&self, captcha_id: CaptchaId) -> Result<bool, PortError> {
        let now_ms = self.clock.now_ms();
        let mut maps = locked(&self.maps);
        let asked = maps.asked.things.get(&captcha_id);
        let Some(expires_at_ms) = asked.map(|asked| asked.expires_at_ms) else {
            return Ok(false);
        };
        if maps.spelled.get(&captcha_id).is_some() {
            return Ok(false);
        }
        let spelled = maps.spelled.insert(captcha_id, (), expires_at_ms, now_ms);
        spelled.map_err(full("captchas"))?;
        Ok(true)
    }
}

/// The issued paths.
pub struct MemoryPaths {
    clock: Arc<dyn Clock>,
    grants: Mutex<LatestPerOwner<String, PathGrant>>,
}

impl MemoryPaths {
    /// Creates an empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            grants: Mutex::new(LatestPerOwner::new(PATHS)),
        }
    }
}

#[async_trait]
impl Paths for MemoryPaths {
    async fn put(&self, grant: PathGrant) -> Result<(), PortError> {
        let now_ms = self.clock.now_ms();
        let owner = (grant.unit.buyer, grant.unit.item_id);
        let (path, expires_at_ms) = (grant.path.clone(), grant.expires_at_ms);
        let put = locked(&self.grants).put(owner, path, grant, expires_at_ms, now_ms);
        put.map_err(full("paths"))
    }

    async fn peek(&self, claim: &PathClaim<'_>) -> Result<Option<PathGrant>, PortError> {
        let now_ms = self.clock.now_ms();
        let found = locked(&self.grants)
            .things
            .get(&claim.path.to_owned())
            .cloned();
        Ok(found.filter(|grant| claim.is_of(grant, now_ms)))
    }
}

#[async_trait]
impl TakePaths for MemoryPaths {
    async fn take(&self, claim: &PathClaim<'_>) -> Result<Option<PathGrant>, PortError> {
        let now_ms = self.clock.now_ms();
        let owner = |grant: &PathGrant| (grant.unit.buyer, grant.unit.item_id);
        let mut grants = locked(&self.grants);
        let path = claim.path.to_owned();
        let found = grants.things.get(&path);
        match found.is_some_and(|grant| claim.is_of(grant, now_ms)) {
            true => Ok(grants.take(&path, owner)),
            false => Ok(None),
        }
    }
}
