//! What the shop runs on.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DependencyState, ItemId};

/// What the instance that answers is, how it is set, and which others there are. Nothing of it is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemReport {
    /// Of the program.
    pub version: String,
    /// Every setting in effect with its value and its meaning, a line each; what may be a password is hidden.
    pub settings: String,
    /// Instances that said within the last seconds that they live; `null` when that cannot be read.
    pub instances: Option<Vec<SystemInstance>>,
    /// What the instance that answers stands on.
    pub dependencies: Vec<DependencyState>,
}

/// A process of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemInstance {
    /// Made when it started.
    pub instance_id: Uuid,
    /// When that was.
    pub started_at_ms: i64,
    /// Its program's; empty for one that is older than this field.
    pub version: String,
}

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is right.
    Right,
    /// It works, and may not be what is wanted.
    Warning,
    /// It does not work, or loses something.
    Problem,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether it is as it should be.
    pub verdict: Verdict,
    /// Of what: `settings`, `ledger`, `gate`.
    pub part: String,
    /// In words, without a secret.
    pub text: String,
}

/// Whether the ledger keeps its rules, and a gate outside it agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// Items that were looked at.
    pub items: u64,
    /// Reservations between the gate and the ledger: no difference.
    pub on_their_way: u64,
    /// What does not hold.
    pub broken: Vec<BrokenRule>,
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRule {
    /// Its name in the manual.
    pub rule: String,
    /// At which item; of none for what concerns no single one.
    pub item_id: Option<ItemId>,
    /// In numbers.
    pub detail: String,
}
