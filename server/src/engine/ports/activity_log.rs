//! The log of changes by staff.

use std::net::IpAddr;

use app::wire::{AccountId, Action, Activity, ActivityQuery, Me};
use async_trait::async_trait;
use uuid::Uuid;

use super::PortError;

/// Who makes a change, and why. The adapter that writes the change also writes this into the activity
/// log, in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedBy {
    /// The account; `None` for a command at the server.
    pub account_id: Option<AccountId>,
    /// The account's name, or `command`.
    pub name: String,
    /// The caller's network address.
    pub address: Option<IpAddr>,
    /// The reason, in the caller's words.
    pub reason: Option<String>,
}

impl ChangedBy {
    /// A command at the server.
    pub fn command() -> Self {
        Self {
            account_id: None,
            name: "command".to_owned(),
            address: None,
            reason: None,
        }
    }

    /// A signed-in account.
    pub fn account(me: &Me, address: IpAddr, reason: Option<String>) -> Self {
        Self {
            account_id: Some(me.account_id),
            name: me.nickname.clone(),
            address: Some(address),
            reason,
        }
    }
}

/// The last entry, also stored outside the log, so that removing entries at the end is detected.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChainEnd {
    /// Its number; 0 before the first.
    pub number: u64,
    /// Its hash; empty before the first.
    pub hash: String,
}

/// The log of staff actions. Entries are only ever added.
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

    /// Adds an entry for an action that changes nothing else in the ledger.
    async fn note(
        &self,
        action: Action,
        subject_id: Uuid,
        what: serde_json::Value,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<(), PortError>;

    /// The recorded end of the log.
    async fn chain_end(&self) -> Result<ChainEnd, PortError>;
}
