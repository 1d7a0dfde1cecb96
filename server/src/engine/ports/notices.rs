//! Messages to people, sent off the request path.

use app::wire::Mobile;
use async_trait::async_trait;
use uuid::Uuid;

use super::PortError;

/// A message that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which; the same one may be sent twice after a crash, receivers tell by this id.
    pub notice_id: Uuid,
    /// To whom.
    pub mobile: Mobile,
    /// The account's name.
    pub nickname: String,
}

/// The outbox of notices, written in the transaction they speak of.
#[async_trait]
pub trait Notices: Send + Sync + 'static {
    /// The oldest unsent ones.
    async fn unsent(&self, limit: u32) -> Result<Vec<Notice>, PortError>;

    /// Marks one as sent.
    async fn sent(&self, notice_id: Uuid, now_ms: i64) -> Result<(), PortError>;
}

/// Carries a notice to a person: a text message, an e-mail, or, by default, a line in the log.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// Welcomes a new account.
    async fn welcome(&self, notice: &Notice) -> Result<(), PortError>;
}
