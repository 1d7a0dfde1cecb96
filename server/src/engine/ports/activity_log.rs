//! Who changed what.

use std::net::IpAddr;

use app::wire::{AccountId, Action, Activity, ActivityQuery, Me};
use async_trait::async_trait;
use uuid::Uuid;

use super::PortError;

/// Who changes something, and why. Handed to whoever writes the change, which writes it into the activity
/// log in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedBy {
    /// Whose account; nobody's for a command at the server.
    pub account_id: Option<AccountId>,
    /// The account's name, or `command`.
    pub name: String,
    /// From which address.
    pub address: Option<IpAddr>,
    /// In the words of who does it.
    pub reason: Option<String>,
}

impl ChangedBy {
    /// Somebody at the server's command line.
    pub fn command() -> Self {
        Self {
            account_id: None,
            name: "command".to_owned(),
            address: None,
            reason: None,
        }
    }

    /// Somebody who is signed in.
    pub fn account(me: &Me, address: IpAddr, reason: Option<String>) -> Self {
        Self {
            account_id: Some(me.account_id),
            name: me.nickname.clone(),
            address: Some(address),
            reason,
        }
    }
}

/// The last entry as it was noted beside the log: what is cut off at the end is missed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChainEnd {
    /// Its number; 0 before the first.
    pub number: u64,
    /// Its hash; empty before the first.
    pub hash: String,
}

/// What those who run the shop did. Entries are only ever added.
#[async_trait]
pub trait ActivityLog: Send + Sync + 'static {
    /// Entries, newest first, at most `limit`.
    async fn activities(
        &self,
        query: &ActivityQuery,
        limit: u32,
    ) -> Result<Vec<Activity>, PortError>;

    /// Entries with numbers above `after`, oldest first, at most `limit`.
    async fn activities_after(&self, after: u64, limit: u32) -> Result<Vec<Activity>, PortError>;

    /// Adds an entry of something that changes nothing else.
    async fn note(
        &self,
        action: Action,
        subject_id: Uuid,
        what: serde_json::Value,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<(), PortError>;

    /// Where the log ends.
    async fn chain_end(&self) -> Result<ChainEnd, PortError>;
}
