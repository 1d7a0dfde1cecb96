//! Faults chosen by the seed.

use std::sync::Mutex;

use async_trait::async_trait;
use rand::{Rng, SeedableRng, rngs::StdRng};
use server::adapters::fault_injection::{Fault, FaultInjector, Point};
use tokio::sync::Notify;

/// Calls that may be paused. The gate's own calls may not: concurrent work needs the gate.
const PAUSABLE: [&str; 25] = [
    "abandon",
    "applied",
    "begin",
    "claim_check",
    "close",
    "close_charge",
    "closed",
    "confirmed",
    "create_charge",
    "created",
    "done",
    "due",
    "due_confirms",
    "due_releases",
    "keep",
    "of_order",
    "overdue",
    "query_charge",
    "receive",
    "refund_charge",
    "refund_order",
    "settle",
    "ship",
    "trying",
    "unapplied",
];

/// The faults at the next points.
struct Plan {
    rng: StdRng,
    /// Points until the process crashes.
    crash_in: Option<u32>,
    /// Points of pausable calls until one of them is paused.
    pause_in: Option<u32>,
    /// Chance of an error at a point, in percent.
    fail_percent: u32,
    crashed: bool,
}

/// A plan that the world changes before every step.
pub struct SeededFaults {
    plan: Mutex<Plan>,
    crash: Notify,
    pause: Notify,
    resume: Notify,
}

impl SeededFaults {
    pub fn new(seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed ^ 0xfa17);
        let plan = Plan {
            rng,
            crash_in: None,
            pause_in: None,
            fail_percent: 0,
            crashed: false,
        };
        Self {
            plan: Mutex::new(plan),
            crash: Notify::new(),
            pause: Notify::new(),
            resume: Notify::new(),
        }
    }

    /// Sets the plan for the next step.
    pub fn set(&self, crash_in: Option<u32>, fail_percent: u32) {
        let mut plan = self.plan.lock().unwrap();
        (plan.crash_in, plan.fail_percent, plan.crashed) = (crash_in, fail_percent, false);
        plan.pause_in = None;
    }

    /// Resolves when the process has crashed.
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// Pauses a call after this many points; with `None` none.
    pub fn pause_in(&self, points: Option<u32>) {
        self.plan.lock().unwrap().pause_in = points;
    }

    /// Resolves when a call is paused.
    pub async fn paused(&self) {
        self.pause.notified().await;
    }

    /// Resumes the paused call.
    pub fn resume(&self) {
        self.resume.notify_one();
    }
}

#[async_trait]
impl FaultInjector for SeededFaults {
    fn next(&self, call: &'static str, _point: Point) -> Fault {
        let mut plan = self.plan.lock().unwrap();
        if plan.crashed {
            return Fault::Crash;
        }
        match &mut plan.crash_in {
            Some(0) => {
                plan.crashed = true;
                self.crash.notify_one();
                return Fault::Crash;
            }
            Some(points) => *points -= 1,
            None => {}
        }
        match &mut plan.pause_in {
            Some(points) if PAUSABLE.contains(&call) => match points {
                0 => {
                    plan.pause_in = None;
                    self.pause.notify_one();
                    return Fault::Pause;
                }
                _ => *points -= 1,
            },
            _ => {}
        }
        let percent = plan.fail_percent;
        match plan.rng.random_range(0..100) < percent {
            true => Fault::Fail,
            false => Fault::None,
        }
    }

    async fn resumed(&self) {
        self.resume.notified().await;
    }
}
