//! The staff's actions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AccountId;

/// An action of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Added a round that is approved.
    AddRound,
    /// Prepared a round that somebody else has to approve.
    SubmitRound,
    ApproveRound,
    /// Sent a round back to the person who prepared it.
    SendBackRound,
    /// Stopped a round, or changed the words of a stopped one.
    StopRound,
    /// Resumed a stopped round.
    ResumeRound,
    AddPicture,
    ArchiveProduct,
    RestoreProduct,
    /// Added a staff account.
    AddStaff,
    /// Gave a staff account a new password.
    ResetPassword,
    /// Removed the second factor of a staff account.
    RemoveSecondFactor,
    RefundOrder,
    ShipOrder,
    ExportOrders,
    BanBuyer,
    /// Ended a buyer's ban.
    UnbanBuyer,
    /// Set a switch, or changed its end.
    SetSwitch,
    /// Cleared a switch before its time.
    ClearSwitch,
    /// Put parked reservations back into the queue.
    ReplayParked,
    /// Ended a parked reservation without an order.
    DropParked,
    /// Sent a message to a program again.
    ReplayMessage,
    AddWebhook,
    /// Switched a webhook on or off.
    ChangeWebhook,
    /// Gave a webhook a new secret.
    RotateWebhookSecret,
    RemoveWebhook,
}

/// An entry of the activity log. Each contains the hash of the one before it, so that a changed or missing entry is
/// detected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// 1, 2, 3 and so on, without gaps.
    pub number: u64,
    pub at_ms: i64,
    /// The account that did it; none for a command at the server.
    pub account_id: Option<AccountId>,
    /// The account's name at that time, or `command`.
    pub name: String,
    pub address: Option<String>,
    pub action: Action,
    /// The object: a round, product, order, account, switch or picture; for an export the caller's account.
    pub subject_id: Uuid,
    /// The value before, as JSON.
    pub old_value: Option<String>,
    /// The value after, as JSON.
    pub new_value: Option<String>,
    /// The reason, in the words of the person.
    pub reason: Option<String>,
    /// SHA-256 of the previous entry's hash and everything above, in hexadecimal digits.
    pub hash: String,
}

/// A filter for entries. Missing fields restrict nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityQuery {
    /// By this account.
    pub account_id: Option<AccountId>,
    /// On this round, order or account.
    pub subject_id: Option<Uuid>,
    /// With lower numbers: the next page.
    pub before: Option<u64>,
}

/// Entries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityList {
    /// At most 50.
    pub activities: Vec<Activity>,
    /// The start of the next page, if there is one.
    pub next: Option<u64>,
}
