//! Asks a buyer a captcha question, before issuing a path.

use std::sync::Arc;

use app::wire::{AccountId, CaptchaId, ItemDetail, ItemId, Language, Phase, Rejection, Switch};

use super::Deps;
use crate::engine::{
    LimitError, limit,
    ports::{AskedCaptcha, Limit, NoQuestion, PortError},
};

/// Why no question was asked.
#[derive(Debug, thiserror::Error)]
pub enum CaptchaError {
    /// The caller asked too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// There is no such item or question, or it is another buyer's.
    #[error("not found")]
    NotFound,
    /// Nothing can be bought now.
    #[error("refused: {0:?}")]
    Refused(Rejection),
    /// No picture is ready: they are used faster than they are drawn.
    #[error(transparent)]
    NoQuestion(#[from] NoQuestion),
    /// The captcha store or the catalogue failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The item, if questions and paths are available for it now.
///
/// # Errors
/// `NotFound`, or `Refused` earlier than `path_opens_before_ms` before the start, after the end, while stopped, and
/// while this process knows that nothing is left.
pub(super) async fn open_item(
    deps: &Deps,
    item_id: ItemId,
) -> Result<Arc<ItemDetail>, CaptchaError> {
    let item = deps
        .catalogue
        .item(item_id)
        .await?
        .ok_or(CaptchaError::NotFound)?;
    let now_ms = deps.clock.now_ms();
    let opens_at_ms = item.starts_at_ms - deps.rules.path_opens_before_ms;
    match item.phase_at(now_ms) {
        Phase::Ended => Err(CaptchaError::Refused(Rejection::Ended)),
        Phase::Stopped => Err(CaptchaError::Refused(Rejection::Stopped)),
        Phase::Upcoming if now_ms < opens_at_ms => {
            Err(CaptchaError::Refused(Rejection::NotStarted))
        }
        Phase::Running if deps.purchases.is_sold_out(item_id) => {
            Err(CaptchaError::Refused(Rejection::SoldOut))
        }
        Phase::Upcoming | Phase::Running => Ok(item),
    }
}

/// Asks `buyer` a new question for an item and forgets an earlier one. `None` while a switch turns
/// questions off: nothing is drawn, because drawing may be what fails.
pub async fn ask(
    deps: &Deps,
    buyer: AccountId,
    item_id: ItemId,
) -> Result<Option<AskedCaptcha>, CaptchaError> {
    limit::count(&*deps.limits, Limit::Captcha(buyer)).await?;
    open_item(deps, item_id).await?;
    if deps.switches.is_on(Switch::CaptchaOff) {
        return Ok(None);
    }
    let asked = AskedCaptcha {
        captcha_id: CaptchaId(deps.ids.id()),
        buyer,
        item_id,
        question: deps.questions.next().await?,
        expires_at_ms: deps.clock.now_ms() + deps.rules.captcha_life_ms,
    };
    deps.captchas.put(asked.clone()).await?;
    Ok(Some(asked))
}

/// A question that has not expired.
pub async fn get(deps: &Deps, captcha_id: CaptchaId) -> Result<AskedCaptcha, CaptchaError> {
    let asked = deps.captchas.get(captcha_id).await?;
    asked
        .filter(|asked| deps.clock.now_ms() < asked.expires_at_ms)
        .ok_or(CaptchaError::NotFound)
}

/// The question in words, once. Words are also easier for programs, so the limit is low.
pub async fn spell(
    deps: &Deps,
    buyer: AccountId,
    captcha_id: CaptchaId,
    language: Language,
) -> Result<String, CaptchaError> {
    limit::count(&*deps.limits, Limit::Spelling(buyer)).await?;
    let asked = get(deps, captcha_id).await?;
    let words = asked.question.words.filter(|_| asked.buyer == buyer);
    match words {
        Some(words) if deps.captchas.first_spelling(captcha_id).await? => {
            Ok(words.get(language).to_owned())
        }
        _ => Err(CaptchaError::NotFound),
    }
}
