//! What those who run the shop did.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AccountId;

/// What somebody who runs the shop can do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Added a round that is approved.
    AddRound,
    /// Prepared a round that somebody else has to approve.
    SubmitRound,
    /// Approved a round.
    ApproveRound,
    /// Sent a round back to whoever prepared it.
    SendBackRound,
    /// Stopped a round, or changed the words of a stopped one.
    StopRound,
    /// Let a stopped round go on.
    ResumeRound,
    /// Added a picture.
    AddPicture,
    /// Left a product out of the list.
    ArchiveProduct,
    /// Took a product into the list again.
    RestoreProduct,
    /// Added an account that may do more than buy.
    AddStaff,
    /// Gave somebody who runs the shop another password.
    ResetPassword,
    /// Took away the second factor of somebody who runs the shop.
    RemoveSecondFactor,
    /// Gave the money of an order back.
    RefundOrder,
    /// Sent an order to its buyer.
    ShipOrder,
    /// Took orders away as a file.
    ExportOrders,
    /// Kept a buyer from buying.
    BanBuyer,
    /// Let a banned buyer buy again.
    UnbanBuyer,
    /// Set a switch, or changed how long it is set.
    SetSwitch,
    /// Cleared a switch before its time.
    ClearSwitch,
    /// Put parked reservations back into the queue.
    ReplayParked,
    /// Ended a parked reservation without an order.
    DropParked,
    /// Sent a message to a program again.
    ReplayMessage,
    /// Added an address that is told what happens.
    AddWebhook,
    /// Switched such an address on or off.
    ChangeWebhook,
    /// Gave such an address another secret.
    RotateWebhookSecret,
    /// Removed such an address.
    RemoveWebhook,
}

/// An entry of the activity log. Each is chained to the one before it by its hash, so that a changed or
/// missing one is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// 1, 2, 3 and so on, without gaps.
    pub number: u64,
    /// When.
    pub at_ms: i64,
    /// Whose account did it; nobody's for a command at the server.
    pub account_id: Option<AccountId>,
    /// The account's name at that time, or `command`.
    pub name: String,
    /// From which address.
    pub address: Option<String>,
    /// What.
    pub action: Action,
    /// To what: the id of a round, a product, an order or an account, or a switch's or a picture's own; of an export whoever did it.
    pub subject_id: Uuid,
    /// What was there before, as JSON.
    pub old_value: Option<String>,
    /// What is there now, as JSON.
    pub new_value: Option<String>,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
    /// SHA-256 of the hash before and everything above, in hexadecimal digits.
    pub hash: String,
}

/// Which entries. What is missing restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityQuery {
    /// By this account.
    pub account_id: Option<AccountId>,
    /// To this round, order or account.
    pub subject_id: Option<Uuid>,
    /// With lower numbers: the next page.
    pub before: Option<u64>,
}

/// Entries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityList {
    /// At most 50.
    pub activities: Vec<Activity>,
    /// Where the next ones begin, if there are more.
    pub next: Option<u64>,
}
