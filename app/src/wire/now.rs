//! What happens in the shop at this moment, for those who run it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ItemId, LocalText, RoundId};

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Since the instances that live now were started.
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

/// How far calls of a sale come, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleStep {
    /// Calls for a question, a path or a purchase.
    Offered,
    /// Those among them that were answered with `busy`.
    Shed,
    /// Those among them that came too often.
    Limited,
    /// Questions.
    CaptchaAsked,
    /// Right answers.
    CaptchaRight,
    /// Hidden paths.
    PathHandedOut,
    /// Purchases that got their answer, yes or no.
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

/// What was counted, by one instance or all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleCounts {
    /// How far calls came; each step is there.
    pub steps: BTreeMap<SaleStep, Count>,
    /// Refused questions, paths and purchases, by the code that the buyer heard.
    pub refusals: BTreeMap<String, Count>,
}

impl SaleCounts {
    /// How often a step happened.
    pub fn step(&self, step: SaleStep) -> Count {
        self.steps.get(&step).copied().unwrap_or_default()
    }

    /// Adds what another instance counted.
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
    /// Made when it started.
    pub instance_id: Uuid,
    /// When that was.
    pub started_at_ms: i64,
}

/// Why a round is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LivePlace {
    /// It is on sale, or stopped.
    Running,
    /// It starts before all others that have not started.
    Next,
    /// It ended after all others that have ended, within the last day.
    Latest,
}

/// A round that is on sale, next or latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRound {
    /// Which round.
    pub round_id: RoundId,
    /// Why it is shown.
    pub place: LivePlace,
    /// What it is called.
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// Nobody can buy in it.
    pub stopped: bool,
    /// What it sells, in the order of the page.
    pub items: Vec<LiveItem>,
}

/// An item's units: `total = sellable + locked + sold`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveItem {
    /// Which item.
    pub item_id: ItemId,
    /// What it is called.
    pub title: LocalText,
    /// As the gate counts them; otherwise the gate does not know the item, and the ledger counts.
    pub at_gate: bool,
    /// Units offered.
    pub total: u32,
    /// Units that somebody may still get.
    pub sellable: u32,
    /// Units that are held or ordered, and not paid.
    pub locked: u32,
    /// Units that are paid.
    pub sold: u32,
}

/// What waits to become an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveQueue {
    /// Reservations, in outbox and queue.
    pub waiting: u64,
    /// Reservations that are kept aside because they could not be written.
    pub parked: u64,
    /// How long the oldest that the ledger or an instance has in flight has waited; `null` when there is none.
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

/// Something the instance that answers cannot work without: a server, a background task, the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyState {
    /// One word.
    pub name: String,
    /// It answers, or runs.
    pub ready: bool,
    /// It is a task of the process, not a server.
    pub is_task: bool,
    /// Why it is not ready; what a task did last.
    pub detail: Option<String>,
}

/// The shop at one moment. What could not be read is `null`: the rest is shown without it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// When this was read.
    pub at_ms: i64,
    /// The same for two moments that differ in nothing but numbers and states.
    pub shape: String,
    /// Rounds on sale, then the next, then the latest.
    pub rounds: Option<Vec<LiveRound>>,
    /// What all instances counted.
    pub counts: Option<SaleCounts>,
    /// Instances that said within the last seconds that they live.
    pub instances: Option<Vec<Instance>>,
    /// What waits to become an order.
    pub queue: Option<LiveQueue>,
    /// Orders that wait for payment.
    pub orders: Option<LiveOrders>,
    /// What the instance that answers stands on.
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
        // Compared for equality between a page and the messages after it, by instances of one version.
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
