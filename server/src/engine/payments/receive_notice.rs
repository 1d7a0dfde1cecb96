//! A provider's notice: verified, stored, answered. A worker applies it later, so that the provider
//! gets its answer within a second.

use super::Deps;
use crate::engine::ports::{Job, NoticeRequest, PortError, StoredNotice, Verified};

/// Why a notice is refused.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// There is no such provider.
    #[error("no such provider")]
    NotFound,
    /// The signature is wrong. Nothing was stored.
    #[error("the signature is wrong")]
    Refused,
    /// It could not be stored: the provider sends it again.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Accepts a notice of `provider`; returns the answer that the provider expects.
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
            let stored = StoredNotice {
                notice_id: deps.ids.id(),
                provider: provider.to_owned(),
                notice,
            };
            match deps.inbox.keep(&stored, deps.clock.now_ms()).await? {
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
