//! A log-in as its owner sees it.

use serde::{Deserialize, Serialize};

/// A browser or program that is signed in to the caller's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIn {
    /// Its name in calls; not the token, and useless to others.
    pub log_in_id: String,
    /// Browser and system in words, as in `Chrome · Android`; empty when they are not known.
    pub device: String,
    /// The address that it signed in from; empty if not known.
    pub ip: String,
    /// Its beginning, epoch milliseconds; `None` for one of an earlier version of the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at_ms: Option<i64>,
    /// Its last known use, to a minute or so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at_ms: Option<i64>,
    /// Whether it is the calling one.
    pub is_current: bool,
}
