//! The shop's environment.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DependencyState, ItemId};

/// The answering instance, its settings, and the other instances. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemReport {
    /// The version of the program.
    pub version: String,
    /// Every setting in effect with its value and its meaning, one line each; possible passwords are hidden.
    pub settings: String,
    /// Instances that reported within the last seconds; `null` if that cannot be read.
    pub instances: Option<Vec<SystemInstance>>,
    /// The answering instance's dependencies.
    pub dependencies: Vec<DependencyState>,
}

/// A process of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemInstance {
    /// Created at its start.
    pub instance_id: Uuid,
    /// The time of its start.
    pub started_at_ms: i64,
    /// Its program's version; empty if it is older than this field.
    pub version: String,
}

/// The verdict on a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is in order.
    Right,
    /// It works, but may not be what is wanted.
    Warning,
    /// It does not work, or loses data.
    Problem,
}

/// The finding on a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorCheck {
    pub verdict: Verdict,
    /// The part: `settings`, `ledger`, `gate`.
    pub part: String,
    /// In words, without a secret.
    pub text: String,
}

/// Whether the ledger's invariants hold, and a gate outside it agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// Items that were checked.
    pub items: u64,
    /// Reservations between the gate and the ledger: they are no difference.
    pub on_their_way: u64,
    /// Violated invariants.
    pub broken: Vec<BrokenRule>,
}

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRule {
    /// Its name in the manual.
    pub rule: String,
    /// The item; `None` if it concerns no single one.
    pub item_id: Option<ItemId>,
    /// In numbers.
    pub detail: String,
}
