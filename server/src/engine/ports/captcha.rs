//! Captcha questions: the source of new ones, drawn ahead of time because that is slow, and the
//! store of those that wait for an answer.

use app::wire::{AccountId, CaptchaId, ItemId, LocalText};
use async_trait::async_trait;
use bytes::Bytes;

use super::PortError;

/// A new question.
#[derive(Clone)]
pub struct Question {
    /// The picture, as PNG.
    pub png: Bytes,
    /// The only correct answer, as a person types it: lower case, no spaces.
    pub answer: String,
    /// The same question in words, for blind people; `None` if there is none.
    pub words: Option<LocalText>,
    /// The instruction shown with the picture.
    pub prompt: LocalText,
    /// The answer is a number.
    pub numeric: bool,
}

/// No question is ready: they are used faster than they are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no captcha picture is ready")]
pub struct NoQuestion;

/// The source of questions.
#[async_trait]
pub trait CaptchaSource: Send + Sync + 'static {
    /// The next question. Each call returns a different one.
    ///
    /// # Errors
    /// [`NoQuestion`] when no question is left at the moment; never waits longer than 100 ms.
    async fn next(&self) -> Result<Question, NoQuestion>;
}

/// A question for one buyer and one item, with an expiry.
#[derive(Clone)]
pub struct AskedCaptcha {
    pub captcha_id: CaptchaId,
    /// The buyer who was asked.
    pub buyer: AccountId,
    pub item_id: ItemId,
    /// Picture, answer, words.
    pub question: Question,
    /// Expires at this instant.
    pub expires_at_ms: i64,
}

/// The asked questions. Bounded; when full, calls return [`PortError::Busy`].
#[async_trait]
pub trait Captchas: Send + Sync + 'static {
    /// Stores a question and removes an earlier one of the same buyer and item.
    async fn put(&self, asked: AskedCaptcha) -> Result<(), PortError>;

    /// Reads a question.
    async fn get(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError>;

    /// Removes a question and returns it. Of concurrent callers, only one gets it.
    async fn take(&self, captcha_id: CaptchaId) -> Result<Option<AskedCaptcha>, PortError>;

    /// Returns true for the first call with this id: a question is read out only once.
    async fn first_spelling(&self, captcha_id: CaptchaId) -> Result<bool, PortError>;
}
