//! A provider's call back: verified, written down, answered. What follows from it is a worker's
//! work, so that the provider has its answer within a second.

use super::Deps;
use crate::engine::ports::{Job, KeptNotice, NoticeRequest, PortError, Verified};

/// Why a notice is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// There is no such provider.
    #[error("no such provider")]
    NotFound,
    /// The signature is wrong. Nothing was written down.
    #[error("the signature is wrong")]
    Refused,
    /// It could not be written down: the provider sends it again.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Takes a notice of `provider`; returns what the provider wants to hear.
pub async fn receive(
    deps: &Deps,
    provider: &str,
    request: NoticeRequest<'_>,
) -> Result<&'static str, NoticeError> {
    if provider != deps.gateway.name() {
        return Err(NoticeError::NotFound);
    }
    let (result, answer) = match deps.gateway.verify(request) {
        Verified::Probe => ("probe", Err(NoticeError::Refused)),
        Verified::Forged => {
            tracing::warn!(
                provider,
                "a payment notice with a wrong signature was refused"
            );
            ("forged", Err(NoticeError::Refused))
        }
        Verified::Notice(notice) => {
            let kept = KeptNotice {
                notice_id: deps.ids.id(),
                provider: provider.to_owned(),
                notice,
            };
            match deps.inbox.keep(&kept, deps.clock.now_ms()).await? {
                true => {
                    deps.wake.notify(Job::ApplyNotices);
                    ("kept", Ok(deps.gateway.thanks()))
                }
                false => ("repeated", Ok(deps.gateway.thanks())),
            }
        }
    };
    metrics::counter!("seckill_payment_notices_total", "result" => result).increment(1);
    answer
}
