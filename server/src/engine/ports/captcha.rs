//! Questions for people: where fresh ones come from, made ahead of time because drawing a picture is
//! slow, and those that were asked and wait for their one answer.

use app::wire::{AccountId, CaptchaId, ItemId, LocalText};
use async_trait::async_trait;
use bytes::Bytes;

use super::PortError;

/// A question that nobody has been asked yet.
#[derive(Clone)]
pub struct Question {
    /// The picture, as PNG.
    pub png: Bytes,
    /// The one right answer, as a person would type it: lower case, no spaces.
    pub answer: String,
    /// The same question in words, for those who cannot see; `None` where there is no such thing.
    pub words: Option<LocalText>,
    /// What to do with the picture.
    pub prompt: LocalText,
    /// The answer is a number.
    pub numeric: bool,
}

/// No question is ready: more were asked for than can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no captcha picture is ready")]
pub struct NoQuestion;

/// Where questions come from.
#[async_trait]
pub trait CaptchaSource: Send + Sync + 'static {
    /// The next question. Every call gives another one.
    ///
    /// # Errors
    /// [`NoQuestion`] when the supply is used up for the moment; never waits longer than 100 ms.
    async fn next(&self) -> Result<Question, NoQuestion>;
}

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

/// Questions that were asked. Bounded; at the bound the answer is [`PortError::Busy`].
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
