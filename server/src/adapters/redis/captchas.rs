//! [`Captchas`] on Redis: any instance may ask, show, or accept the answer. If Redis has lost a
//! question, its answer is refused, and the buyer gets a new one.

use std::sync::Arc;

use app::wire::{AccountId, CaptchaId, ItemId, LocalText};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Redis, latest_per_owner::LatestPerOwner};
use crate::engine::ports::{AskedCaptcha, Captchas, Clock, PortError, Question};

/// Most bytes of a stored question. A picture is about 3 kB.
const MAX_BYTES: usize = 65_536;

/// The questions of a cluster.
pub struct RedisCaptchas {
    redis: Redis,
    clock: Arc<dyn Clock>,
    asked: LatestPerOwner,
}

/// A question without its picture, which follows unencoded.
#[derive(Serialize, Deserialize)]
struct StoredCaptcha {
    buyer: AccountId,
    item_id: ItemId,
    answer: String,
    words: Option<LocalText>,
    prompt: LocalText,
    numeric: bool,
    expires_at_ms: i64,
}

impl RedisCaptchas {
    /// The questions under `redis`'s namespace.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>) -> Self {
        Self {
            asked: LatestPerOwner::new(redis.clone(), clock.clone(), "captcha"),
            redis,
            clock,
        }
    }

    /// Redis expires a value by its own clock, but the engine's clock decides. A value written by
    /// another version of this program counts as expired.
    fn decode(&self, captcha_id: CaptchaId, value: Option<Vec<u8>>) -> Option<AskedCaptcha> {
        let value = value?;
        let (length, rest) = value.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (json, png) = rest.split_at_checked(length)?;
        let stored: StoredCaptcha = serde_json::from_slice(json).ok()?;
        (self.clock.now_ms() < stored.expires_at_ms).then(|| AskedCaptcha {
            captcha_id,
            buyer: stored.buyer,
            item_id: stored.item_id,
            question: Question {
                png: png.to_vec().into(),
                answer: stored.answer,
                words: stored.words,
                prompt: stored.prompt,
                numeric: stored.numeric,
            },
            expires_at_ms: stored.expires_at_ms,
        })
    }
}

/// Encodes: the length of the JSON (four bytes, little-endian), the JSON, the picture.
fn encode(asked: AskedCaptcha) -> Result<Vec<u8>, PortError> {
    let Question {
        png,
        answer,
        words,
        prompt,
        numeric,
    } = asked.question;
    let stored = StoredCaptcha {
        buyer: asked.buyer,
        item_id: asked.item_id,
        answer,
        words,
        prompt,
        numeric,
        expires_at_ms: asked.expires_at_ms,
    };
    let json =
        serde_json::to_vec(&stored).map_err(|error| PortError::failed(super::PORT, error))?;
    let length = 4 + json.len() + png.len();
    if length > MAX_BYTES {
        let what = format!("a captcha of {length} bytes is too large to be stored");
        return Err(PortError::failed(super::PORT, what));
    }
    Ok([&(json.len() as u32).to_le_bytes()[..], &json, &png].concat())
}

#[async_trait]
impl Captchas for RedisCaptchas {
    async fn put(&self, asked: AskedCaptcha) -> Result<(), PortError> {
        let owner = (asked.buyer, asked.item_id);
        let id = asked.captcha_id.to_string();
        let expires_at_ms = asked.expires_at_ms;
        let value = encode(asked)?;
        self.asked.put(owner, &id, &value, expires_at_ms).await
    }

    async fn get(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        let value = self.asked.get(&captcha_id.to_string()).await?;
        Ok(self.decode(captcha_id, value))
    }

    async fn take(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        let value = self.asked.take(&captcha_id.to_string()).await?;
        Ok(self.decode(captcha_id, value))
    }

    async fn first_spelling(&self, captcha_id: CaptchaId) -> Result<bool, PortError> {
        let Some(asked) = self.get(captcha_id).await? else {
            return Ok(false);
        };
        let life_ms = asked.expires_at_ms - self.clock.now_ms();
        let mut set_spelt = redis::cmd("SET");
        set_spelt.arg(self.redis.key(&format!("captcha-spelt:{captcha_id}")));
        set_spelt.arg(1).arg("PX").arg(life_ms.max(1)).arg("NX");
        let first: Option<String> = self.redis.query(&set_spelt).await?;
        Ok(first.is_some())
    }
}
