//! Faults by the seed.

use std::sync::Mutex;

use rand::{Rng, SeedableRng, rngs::StdRng};
use server::adapters::fault_injection::{Fault, FaultInjector, Point};
use tokio::sync::Notify;

/// What happens at the next points.
struct Plan {
    rng: StdRng,
    /// Points until the process crashes.
    crash_in: Option<u32>,
    /// Chance of an error at a point, in percent.
    fail_percent: u32,
    crashed: bool,
}

/// A plan that the world changes before every step.
pub struct SeededFaults {
    plan: Mutex<Plan>,
    crash: Notify,
}

impl SeededFaults {
    pub fn new(seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed ^ 0xfa17);
        let plan = Plan {
            rng,
            crash_in: None,
            fail_percent: 0,
            crashed: false,
        };
        Self {
            plan: Mutex::new(plan),
            crash: Notify::new(),
        }
    }

    /// For the next step.
    pub fn set(&self, crash_in: Option<u32>, fail_percent: u32) {
        let mut plan = self.plan.lock().unwrap();
        (plan.crash_in, plan.fail_percent, plan.crashed) = (crash_in, fail_percent, false);
    }

    /// Resolves when the process has crashed.
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }
}

impl FaultInjector for SeededFaults {
    fn next(&self, _call: &'static str, _point: Point) -> Fault {
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
        let percent = plan.fail_percent;
        match plan.rng.random_range(0..100) < percent {
            true => Fault::Fail,
            false => Fault::None,
        }
    }
}
