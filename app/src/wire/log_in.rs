//! A log-in as its owner sees it.

use serde::{Deserialize, Serialize};

/// A browser or program that is signed in to the caller's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIn {
    /// Names it in calls; not the token, and of no use to anybody else.
    pub log_in_id: String,
    /// Browser and system in words, as in `Chrome · Android`; empty when they are not known.
    pub device: String,
    /// The address that it signed in from; empty when it is not known.
    pub ip: String,
    /// Since when, epoch milliseconds; nothing for one of an earlier version of the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at_ms: Option<i64>,
    /// The last use that is known, to a minute or so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at_ms: Option<i64>,
    /// The one that asks.
    pub is_current: bool,
}
