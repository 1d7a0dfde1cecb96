//! Messages to buyers, on the shop's own pages. Each is written in the same transaction as the change
//! it reports.

use app::wire::{AccountId, Message, MessageId};
use async_trait::async_trait;

use super::PortError;

/// The messages of accounts.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// An account's messages, newest first.
    async fn messages(&self, account_id: AccountId, limit: u32) -> Result<Vec<Message>, PortError>;

    /// The number of an account's unread messages.
    async fn unread(&self, account_id: AccountId) -> Result<u32, PortError>;

    /// Marks an account's messages up to this one as read.
    async fn mark_read(
        &self,
        account_id: AccountId,
        up_to: MessageId,
        now_ms: i64,
    ) -> Result<(), PortError>;

    /// Warns the buyers of unpaid orders whose deadline is at most `before_ms` ahead, and was further ahead
    /// when the order was made. Once per order, at most `limit` orders. Returns how many.
    async fn warn_expiring(
        &self,
        now_ms: i64,
        before_ms: i64,
        limit: u32,
    ) -> Result<u32, PortError>;

    /// Deletes messages written before `before_ms`, and all but the latest `keep` of each account; at most
    /// `limit` of each kind per call. Returns how many.
    async fn purge_messages(&self, before_ms: i64, keep: u32, limit: u32)
    -> Result<u32, PortError>;
}
