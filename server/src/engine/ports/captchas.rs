//! Questions that were asked and wait for their one answer.

use app::wire::{AccountId, CaptchaId, ItemId};
use async_trait::async_trait;

use super::{PortError, captcha::Question};

/// A question bound to one buyer, one item and an expiry.
#[derive(Clone)]
pub struct AskedCaptcha {
    /// Which.
    pub captcha_id: CaptchaId,
    /// Who was asked.
    pub buyer: AccountId,
    /// For what.
    pub item_id: ItemId,
    /// Picture, answer, words.
    pub question: Question,
    /// Worthless from this instant on.
    pub expires_at_ms: i64,
}

/// The store of asked questions. Bounded; a full store is [`PortError::Busy`].
#[async_trait]
pub trait Captchas: Send + Sync + 'static {
    /// Remembers a question; an earlier one of the same buyer and item is forgotten.
    async fn put(&self, asked: AskedCaptcha) -> Result<(), PortError>;

    /// A question, left where it is.
    async fn get(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError>;

    /// Removes a question and returns it. Of many callers at once, one gets it.
    async fn take(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError>;

    /// True for the first call with this id: the words of a question are read out once.
    async fn first_spelling(&self, captcha_id: CaptchaId) -> Result<bool, PortError>;
}
