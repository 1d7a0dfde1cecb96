//! Notices to people, sent off the request path.

use app::wire::Mobile;
use async_trait::async_trait;
use uuid::Uuid;

use super::PortError;

/// A notice that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id. After a crash a notice may be sent twice; receivers recognise it by this id.
    pub notice_id: Uuid,
    /// The receiver's mobile number.
    pub mobile: Mobile,
    /// The account's name.
    pub nickname: String,
}

/// The outbox of notices. A notice is written in the transaction of the change it reports.
#[async_trait]
pub trait Notices: Send + Sync + 'static {
    /// The oldest unsent notices.
    async fn unsent(&self, limit: u32) -> Result<Vec<Notice>, PortError>;

    /// Marks a notice as sent.
    async fn sent(&self, notice_id: Uuid, now_ms: i64) -> Result<(), PortError>;
}

/// Delivers a notice to a person: as text message or e-mail, or, by default, as a log line.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// Welcomes a new account.
    async fn welcome(&self, notice: &Notice) -> Result<(), PortError>;
}
