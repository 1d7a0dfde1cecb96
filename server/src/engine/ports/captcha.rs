//! Questions for people: made somewhere else ahead of time, because drawing a picture is slow.

use app::wire::LocalText;
use async_trait::async_trait;
use bytes::Bytes;

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
