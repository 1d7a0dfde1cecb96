//! Issues the hidden path for a right answer.

use app::wire::{AccountId, CaptchaId, ItemId, Rejection, ReservationId, Switch};
use subtle::ConstantTimeEq;

use super::{
    Deps,
    ask_captcha::{CaptchaError, open_item},
};
use crate::engine::{
    LimitError, limit,
    ports::{Limit, PathGrant, PortError, Unit},
};

/// Why no path was issued.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// There is no such item, it is not open, or a limit was reached: as for a question.
    #[error(transparent)]
    Closed(#[from] CaptchaError),
    /// The named argument is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// The answer is wrong, or the question is used, expired or another buyer's.
    #[error("refused: {0:?}")]
    Refused(Rejection),
}

impl From<LimitError> for PathError {
    fn from(error: LimitError) -> Self {
        PathError::Closed(error.into())
    }
}

impl From<PortError> for PathError {
    fn from(error: PortError) -> Self {
        PathError::Closed(error.into())
    }
}

/// Issues a path. The first try uses up the question, whether right or wrong.
pub async fn hand_out_path(
    deps: &Deps,
    buyer: AccountId,
    item_id: ItemId,
    captcha_id: Option<CaptchaId>,
    answer: Option<&str>,
) -> Result<PathGrant, PathError> {
    limit::count(&*deps.limits, Limit::Path(buyer)).await?;
    let item = open_item(deps, item_id).await?;
    if deps.rules.captcha_required && !deps.switches.is_on(Switch::CaptchaOff) {
        let captcha_id = captcha_id.ok_or(PathError::Missing("captcha_id"))?;
        let answer = answer.ok_or(PathError::Missing("answer"))?;
        let is_right = answers(deps, buyer, item_id, captcha_id, answer).await?;
        let outcome = if is_right { "right" } else { "wrong" };
        metrics::counter!("seckill_captcha_answers_total", "outcome" => outcome).increment(1);
        if !is_right {
            return Err(PathError::Refused(Rejection::CaptchaWrong));
        }
    }
    // A path issued early lasts as long after the start as any other.
    let counts_from_ms = deps.clock.now_ms().max(item.starts_at_ms);
    let grant = PathGrant {
        path: deps.ids.secret(),
        unit: Unit {
            buyer,
            item_id,
            reservation_id: ReservationId(deps.ids.id()),
        },
        expires_at_ms: counts_from_ms + deps.rules.path_life_ms,
        asked: false,
    };
    deps.paths.put(grant.clone()).await?;
    Ok(grant)
}

async fn answers(
    deps: &Deps,
    buyer: AccountId,
    item_id: ItemId,
    captcha_id: CaptchaId,
    answer: &str,
) -> Result<bool, PortError> {
    let Some(asked) = deps.captchas.take(captcha_id).await? else {
        return Ok(false);
    };
    let typed = normalised(answer);
    let right = typed.as_bytes().ct_eq(asked.question.answer.as_bytes());
    Ok(asked.buyer == buyer
        && asked.item_id == item_id
        && deps.clock.now_ms() < asked.expires_at_ms
        && bool::from(right))
}

/// Ignores spaces and capitals, and accepts full-width digits.
fn normalised(answer: &str) -> String {
    answer
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(16)
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn answers_are_read_as_people_type_them() {
        for (typed, read) in [
            ("12", "12"),
            (" 1 2 ", "12"),
            ("１２", "12"),
            ("AbC", "abc"),
            ("-3", "-3"),
        ] {
            assert_eq!(normalised(typed), read, "{typed}");
        }
    }
}
