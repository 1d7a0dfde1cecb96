//! A question for a buyer, before a path is handed out.

use std::sync::Arc;

use app::wire::{AccountId, CaptchaId, ItemDetail, ItemId, Language, Phase};

use super::{
    Engine, LimitError,
    ports::{AskedCaptcha, Limit, PortError, Refusal, captcha::NoQuestion},
};

/// Why there is no question.
#[derive(Debug, thiserror::Error)]
pub enum CaptchaError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No such item or question, or it is not the caller's.
    #[error("not found")]
    NotFound,
    /// Nothing to buy now.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// Pictures are drawn ahead of time, and more were wanted.
    #[error(transparent)]
    NoQuestion(#[from] NoQuestion),
    /// A store.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// An item for which questions and paths are handed out now.
///
/// # Errors
/// `NotFound`, or `Refused` before the last minute, after the end, while stopped, and while this
/// process knows that nothing is left.
pub(super) async fn open_item(
    engine: &Engine,
    item_id: ItemId,
) -> Result<Arc<ItemDetail>, CaptchaError> {
    let item = engine
        .catalogue
        .item(item_id)
        .await?
        .ok_or(CaptchaError::NotFound)?;
    let now_ms = engine.clock.now_ms();
    let opens_at_ms = item.starts_at_ms - engine.rules.path_opens_before_ms;
    match item.phase_at(now_ms) {
        Phase::Ended => Err(CaptchaError::Refused(Refusal::Ended)),
        Phase::Stopped => Err(CaptchaError::Refused(Refusal::Stopped)),
        Phase::Upcoming if now_ms < opens_at_ms => Err(CaptchaError::Refused(Refusal::NotStarted)),
        Phase::Running if engine.marks.is_sold_out(item_id) => {
            Err(CaptchaError::Refused(Refusal::SoldOut { returns: 0 }))
        }
        Phase::Upcoming | Phase::Running => Ok(item),
    }
}

/// Asks `buyer` a new question for an item; an earlier one is forgotten.
pub async fn ask(
    engine: &Engine,
    buyer: AccountId,
    item_id: ItemId,
) -> Result<AskedCaptcha, CaptchaError> {
    engine.count(Limit::Captcha(buyer)).await?;
    open_item(engine, item_id).await?;
    let asked = AskedCaptcha {
        captcha_id: CaptchaId(engine.ids.id()),
        buyer,
        item_id,
        question: engine.questions.next().await?,
        expires_at_ms: engine.clock.now_ms() + engine.rules.captcha_life_ms,
    };
    engine.captchas.put(asked.clone()).await?;
    Ok(asked)
}

/// A question that is still good.
pub async fn get(engine: &Engine, captcha_id: CaptchaId) -> Result<AskedCaptcha, CaptchaError> {
    let asked = engine.captchas.get(captcha_id).await?;
    asked
        .filter(|asked| engine.clock.now_ms() < asked.expires_at_ms)
        .ok_or(CaptchaError::NotFound)
}

/// The question in words, once: words are easier for programs too, so they are tightly limited.
pub async fn spell(
    engine: &Engine,
    buyer: AccountId,
    captcha_id: CaptchaId,
    language: Language,
) -> Result<String, CaptchaError> {
    engine.count(Limit::Spelling(buyer)).await?;
    let asked = get(engine, captcha_id).await?;
    let words = asked.question.words.filter(|_| asked.buyer == buyer);
    match words {
        Some(words) if engine.captchas.first_spelling(captcha_id).await? => {
            Ok(words.get(language).to_owned())
        }
        _ => Err(CaptchaError::NotFound),
    }
}
