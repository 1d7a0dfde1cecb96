//! [`Captchas`] on Redis: asked by one copy, shown by a second, answered at a third. A Redis that
//! forgot a question refuses its answer: the buyer gets a new one.

use std::sync::Arc;

use app::wire::{AccountId, CaptchaId, ItemId, LocalText};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{PORT, Redis, latest::Latest};
use crate::engine::ports::{AskedCaptcha, Captchas, Clock, PortError, Question};

/// Most bytes of a kept question. A picture is about 3 kB.
const QUESTION: usize = 65_536;

/// The questions of a cluster.
pub struct RedisCaptchas {
    redis: Redis,
    clock: Arc<dyn Clock>,
    asked: Latest,
}

/// All of a question but its picture, which follows it as it is.
#[derive(Serialize, Deserialize)]
struct Kept {
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
            asked: Latest::new(redis.clone(), clock.clone(), "captcha"),
            redis,
            clock,
        }
    }

    /// Redis counts a life on its own clock; the engine's decides. A value of another version of
    /// this program is forgotten.
    fn read(&self, captcha_id: CaptchaId, value: Option<Vec<u8>>) -> Option<AskedCaptcha> {
        let value = value?;
        let (length, rest) = value.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (kept, png) = rest.split_at_checked(length)?;
        let kept: Kept = serde_json::from_slice(kept).ok()?;
        (self.clock.now_ms() < kept.expires_at_ms).then(|| AskedCaptcha {
            captcha_id,
            buyer: kept.buyer,
            item_id: kept.item_id,
            question: Question {
                png: png.to_vec().into(),
                answer: kept.answer,
                words: kept.words,
                prompt: kept.prompt,
                numeric: kept.numeric,
            },
            expires_at_ms: kept.expires_at_ms,
        })
    }
}

/// The length of what is kept as JSON (four bytes, little end first), that, the picture.
fn written(asked: AskedCaptcha) -> Result<Vec<u8>, PortError> {
    let Question {
        png,
        answer,
        words,
        prompt,
        numeric,
    } = asked.question;
    let kept = Kept {
        buyer: asked.buyer,
        item_id: asked.item_id,
        answer,
        words,
        prompt,
        numeric,
        expires_at_ms: asked.expires_at_ms,
    };
    let kept = serde_json::to_vec(&kept).map_err(|error| PortError::failed(PORT, error))?;
    let length = 4 + kept.len() + png.len();
    if length > QUESTION {
        return Err(PortError::failed(
            PORT,
            format!("a question of {length} bytes is too long"),
        ));
    }
    Ok([&(kept.len() as u32).to_le_bytes()[..], &kept, &png].concat())
}

#[async_trait]
impl Captchas for RedisCaptchas {
    async fn put(&self, asked: AskedCaptcha) -> Result<(), PortError> {
        let owner = (asked.buyer, asked.item_id);
        let name = asked.captcha_id.to_string();
        let expires_at_ms = asked.expires_at_ms;
        let value = written(asked)?;
        self.asked.put(owner, &name, &value, expires_at_ms).await
    }

    async fn get(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        let value = self.asked.get(&captcha_id.to_string()).await?;
        Ok(self.read(captcha_id, value))
    }

    async fn take(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError> {
        let value = self.asked.take(&captcha_id.to_string()).await?;
        Ok(self.read(captcha_id, value))
    }

    async fn first_spelling(&self, captcha_id: CaptchaId) -> Result<bool, PortError> {
        let Some(asked) = self.get(captcha_id).await? else {
            return Ok(false);
        };
        let life_ms = asked.expires_at_ms - self.clock.now_ms();
        let mut spell = redis::cmd("SET");
        spell.arg(self.redis.key(&format!("captcha-spelt:{captcha_id}")));
        spell.arg(1).arg("PX").arg(life_ms.max(1)).arg("NX");
        let first: Option<String> = self.redis.ask(&spell).await?;
        Ok(first.is_some())
    }
}
