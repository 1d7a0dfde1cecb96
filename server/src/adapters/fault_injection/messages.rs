//! Faults for the port of messages.

use app::wire::{AccountId, Message, MessageId};

use super::ledger::with_faults;
use crate::engine::ports::Messages;

with_faults! { Messages:
    messages(account_id: AccountId, limit: u32) -> Vec<Message>;
    unread(account_id: AccountId) -> u32;
    mark_read(account_id: AccountId, up_to: MessageId, now_ms: i64) -> ();
    warn_expiring(now_ms: i64, before_ms: i64, limit: u32) -> u32;
    purge_messages(before_ms: i64, keep: u32, limit: u32) -> u32;
}
