//! The shop's current state, for staff.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ItemId, LocalText, RoundId};

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Since the current instances started.
    pub total: u64,
    /// In the last ten seconds.
    pub last_10_s: u64,
}

impl Count {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            last_10_s: self.last_10_s + other.last_10_s,
        }
    }
}

/// How far the calls of a sale came, from the first to the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleStep {
    /// Calls for a captcha, a path or a purchase.
    Offered,
    /// Those of them that were answered with `busy`.
    Shed,
    /// Those of them that exceeded a limit.
    Limited,
    /// Captchas.
    CaptchaAsked,
    /// Right answers.
    CaptchaRight,
    /// Hidden paths.
    PathHandedOut,
    /// Purchases answered with a yes or no.
    Decided,
    /// Purchases that got a unit.
    Held,
    /// Orders.
    Ordered,
    /// Orders that were paid.
    Paid,
}

impl SaleStep {
    /// All of them, in the order of a purchase.
    pub const ALL: [SaleStep; 10] = [
        SaleStep::Offered,
        SaleStep::Shed,
        SaleStep::Limited,
        SaleStep::CaptchaAsked,
        SaleStep::CaptchaRight,
        SaleStep::PathHandedOut,
        SaleStep::Decided,
        SaleStep::Held,
        SaleStep::Ordered,
        SaleStep::Paid,
    ];
}

/// Counts of one instance or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleCounts {
    /// Counts of the steps; every step is present.
    pub steps: BTreeMap<SaleStep, Count>,
    /// Refused captchas, paths and purchases, by error code.
    pub refusals: BTreeMap<String, Count>,
}

impl SaleCounts {
    /// How often a step happened.
    pub fn step(&self, step: SaleStep) -> Count {
        self.steps.get(&step).copied().unwrap_or_default()
    }

    /// Adds another instance's counts.
    pub fn add(&mut self, other: &Self) {
        for (step, count) in &other.steps {
            let sum = self.steps.entry(*step).or_default();
            *sum = sum.plus(*count);
        }
        for (code, count) in &other.refusals {
            let sum = self.refusals.entry(code.clone()).or_default();
            *sum = sum.plus(*count);
        }
    }
}

/// A process of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Created at its start.
    pub instance_id: Uuid,
    /// The time of its start.
    pub started_at_ms: i64,
}

/// Why a round is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LivePlace {
    /// It is on sale, or stopped.
    Running,
    /// It is the next one to start.
    Next,
    /// It is the last one that ended, within the last day.
    Latest,
}

/// A round that is on sale, next or latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRound {
    pub round_id: RoundId,
    /// Why it is shown.
    pub place: LivePlace,
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// Whether it is stopped.
    pub stopped: bool,
    /// Its items, in the order of the page.
    pub items: Vec<LiveItem>,
}

/// An item's units: `total = sellable + locked + sold`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveItem {
    pub item_id: ItemId,
    pub title: LocalText,
    /// Whether the gate counted them; otherwise the gate does not know the item, and the ledger counted.
    pub at_gate: bool,
    /// Units offered.
    pub total: u32,
    /// Units that can still be bought.
    pub sellable: u32,
    /// Units that are held or ordered, but not paid.
    pub locked: u32,
    /// Units that are paid.
    pub sold: u32,
}

/// Reservations that wait to become orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveQueue {
    /// Reservations, in outbox and queue.
    pub waiting: u64,
    /// Parked reservations.
    pub parked: u64,
    /// Age of the oldest reservation that the ledger or an instance has in flight; `null` if there is none.
    pub oldest_age_ms: Option<i64>,
}

/// Orders that wait for payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveOrders {
    /// All of them.
    pub unpaid: u64,
    /// Those whose deadline is less than a minute away, or has passed.
    pub closing_soon: u64,
}

/// A dependency of the answering instance: a server, a background task, the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyState {
    /// One word.
    pub name: String,
    /// Whether it answers, or runs.
    pub ready: bool,
    /// Whether it is a task of the process, not a server.
    pub is_task: bool,
    /// Why it is not ready; or the last thing a task did.
    pub detail: Option<String>,
}

/// The shop at one moment. Parts that could not be read are `null`; the rest is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// When this was read.
    pub at_ms: i64,
    /// Equal for two moments that differ only in numbers and states.
    pub shape: String,
    /// Rounds on sale, then the next, then the latest.
    pub rounds: Option<Vec<LiveRound>>,
    /// The counts of all instances.
    pub counts: Option<SaleCounts>,
    /// Instances that reported within the last seconds.
    pub instances: Option<Vec<Instance>>,
    /// Reservations that wait to become orders.
    pub queue: Option<LiveQueue>,
    /// Orders that wait for payment.
    pub orders: Option<LiveOrders>,
    /// The answering instance's dependencies.
    pub dependencies: Vec<DependencyState>,
}

impl Now {
    /// The same moment, with its [`shape`](Self::shape).
    #[must_use]
    pub fn shaped(mut self) -> Self {
        let mut parts = Vec::new();
        for round in self.rounds.iter().flatten() {
            let (place, stopped) = (round.place, round.stopped);
            parts.push(format!("{}:{place:?}:{stopped}", round.round_id));
            parts.extend(round.items.iter().map(|item| item.item_id.to_string()));
        }
        let codes = self.counts.iter().flat_map(|counts| counts.refusals.keys());
        parts.extend(codes.cloned());
        let instances = self.instances.iter().flatten();
        parts.extend(instances.map(|instance| instance.instance_id.to_string()));
        parts.extend(self.dependencies.iter().map(|part| part.name.clone()));
        let missing = [
            self.rounds.is_none(),
            self.counts.is_none(),
            self.instances.is_none(),
            self.queue.is_none(),
            self.orders.is_none(),
        ];
        parts.push(format!("{missing:?}"));
        // Compared for equality between a page and later messages, by instances of one version.
        let hash = parts
            .join(" ")
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        self.shape = format!("{hash:016x}");
        self
    }
}
