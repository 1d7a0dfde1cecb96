//! What the shop told its buyers, on its own pages. A message is written in the transaction of what it
//! tells of, by whoever writes that.

use app::wire::{AccountId, Message, MessageId};
use async_trait::async_trait;

use super::PortError;

/// The messages of accounts.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// An account's, the latest first.
    async fn messages(&self, account_id: AccountId, limit: u32) -> Result<Vec<Message>, PortError>;

    /// How many of an account's were not seen.
    async fn unread(&self, account_id: AccountId) -> Result<u32, PortError>;

    /// An account's messages up to this one were seen.
    async fn mark_read(
        &self,
        account_id: AccountId,
        up_to: MessageId,
        now_ms: i64,
    ) -> Result<(), PortError>;

    /// Tells the buyers of unpaid orders whose deadline is at most `before_ms` ahead, and was further ahead
    /// when the order was made: once for each order, `limit` orders at most. Returns how many.
    async fn warn_expiring(
        &self,
        now_ms: i64,
        before_ms: i64,
        limit: u32,
    ) -> Result<u32, PortError>;

    /// Deletes what was written before `before_ms`, and of each account all but the latest `keep`; at most
    /// `limit` at a time of each. Returns how many.
    async fn purge_messages(&self, before_ms: i64, keep: u32, limit: u32)
    -> Result<u32, PortError>;
}
