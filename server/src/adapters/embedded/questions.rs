//! [`Captchas`] and [`Paths`] in memory. A restart forgets them: a buyer answers a new question.

use std::sync::{Arc, Mutex, MutexGuard};

use app::wire::{AccountId, CaptchaId, ItemId};
use async_trait::async_trait;

use super::expiring::{ExpiringMap, Full};
use crate::engine::ports::{AskedCaptcha, Captchas, Clock, PathGrant, Paths, PortError};

/// Questions at once. A picture is about 3 kB: at most some 100 MB, at the very peak of a sale.
const CAPTCHAS: usize = 32_768;
/// Paths at once: one for each of that many buyers within a minute.
const PATHS: usize = 262_144;

fn full(port: &'static str) -> impl Fn(Full) -> PortError {
    move |Full| PortError::Busy {
        port,
        detail: "as many as may be are waiting".to_owned(),
    }
}

type Owner = (AccountId, ItemId);

struct CaptchaMaps {
    asked: ExpiringMap<CaptchaId, AskedCaptcha>,
    latest: ExpiringMap<Owner, CaptchaId>,
    spelled: ExpiringMap<CaptchaId, ()>,
}

/// Questions that were asked.
pub struct MemoryCaptchas {
    clock: Arc<dyn Clock>,
    maps: Mutex<CaptchaMaps>,
}

impl MemoryCaptchas {
    /// None asked yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let maps = CaptchaMaps {
            asked: ExpiringMap::new(CAPTCHAS),
            latest: ExpiringMap::new(CAPTCHAS),
            spelled: ExpiringMap::new(CAPTCHAS),
        };
        Self {
            clock,
            maps: Mutex::new(maps),
        }
    }

    fn maps(&self) -> MutexGuard<'_, CaptchaMaps> {
        self.maps
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[async_trait]
impl Captchas for MemoryCaptchas {
    async fn put(&self, asked: AskedCaptcha) -> Result<(), PortError> {
        let now_ms = self.clock.now_ms();
        let owner = (asked.buyer, asked.item_id);
        let (id, expires_at_ms) = (asked.captcha_id, asked.expires_at_ms);
        let mut maps = self.maps();
        if let Some(earlier) = maps.latest.remove(&owner) {
            maps.asked.remove(&earlier);
        }
        maps.asked
            .insert(id, asked, expires_at_ms, now_ms)
            .map_err(full("captchas"))?;
        maps.latest
            .insert(owner, id, expires_at_ms, now_ms)
            .map_err(full("captchas"))
    }

    async fn get(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        Ok(self.maps().asked.get(&captcha_id).cloned())
    }

    async fn take(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        let mut maps = self.maps();
        let asked = maps.asked.remove(&captcha_id);
        if let Some(asked) = &asked {
            maps.latest.remove(&(asked.buyer, asked.item_id));
        }
        Ok(asked)
    }

    async fn first_spelling(&self, captcha_id: CaptchaId) -> Result<bool, PortError> {
        let now_ms = self.clock.now_ms();
        let mut maps = self.maps();
        let Some(expires_at_ms) = maps.asked.get(&captcha_id).map(|asked| asked.expires_at_ms)
        else {
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

struct PathMaps {
    grants: ExpiringMap<String, PathGrant>,
    latest: ExpiringMap<Owner, String>,
}

/// Paths that were handed out.
pub struct MemoryPaths {
    clock: Arc<dyn Clock>,
    maps: Mutex<PathMaps>,
}

impl MemoryPaths {
    /// None handed out yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let maps = PathMaps {
            grants: ExpiringMap::new(PATHS),
            latest: ExpiringMap::new(PATHS),
        };
        Self {
            clock,
            maps: Mutex::new(maps),
        }
    }

    fn maps(&self) -> MutexGuard<'_, PathMaps> {
        self.maps
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[async_trait]
impl Paths for MemoryPaths {
    async fn put(&self, grant: PathGrant) -> Result<(), PortError> {
        let now_ms = self.clock.now_ms();
        let owner = (grant.buyer, grant.item_id);
        let (path, expires_at_ms) = (grant.path.clone(), grant.expires_at_ms);
        let mut maps = self.maps();
        if let Some(earlier) = maps.latest.remove(&owner) {
            maps.grants.remove(&earlier);
        }
        maps.grants
            .insert(path.clone(), grant, expires_at_ms, now_ms)
            .map_err(full("paths"))?;
        maps.latest
            .insert(owner, path, expires_at_ms, now_ms)
            .map_err(full("paths"))
    }

    async fn peek(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        Ok(self.maps().grants.get(&path.to_owned()).cloned())
    }

    async fn take(&self, path: &str) -> Result<Option<PathGrant>, PortError> {
        let mut maps = self.maps();
        let grant = maps.grants.remove(&path.to_owned());
        if let Some(grant) = &grant {
            maps.latest.remove(&(grant.buyer, grant.item_id));
        }
        Ok(grant)
    }
}
