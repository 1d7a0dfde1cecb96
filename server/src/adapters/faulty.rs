//! Ports that fail on purpose, in front of the real ones: for simulations and drills.
//!
//! Every call passes two points, before and after its effect. At each the plan may let it through,
//! answer with an error (after the effect: the answer is lost), or crash the process: then nothing
//! that is under way ever continues.

mod drill;
mod ledger;
mod payments;

use std::{future::Future, sync::Arc};

use crate::engine::ports::PortError;

pub use drill::{Drill, DrillPlan};
pub use ledger::Faulty;

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The call answers with an error.
    Fail,
    /// The call answers that it is busy.
    Busy,
    /// The call panics.
    Panic,
    /// The call never answers, and neither does any other.
    Crash,
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Nothing has happened yet.
    Before,
    /// It has happened; only the answer is missing.
    After,
}

/// Decides what fails.
pub trait FaultPlan: Send + Sync + 'static {
    /// Asked at every point of every call, in order.
    fn next(&self, call: &'static str, point: Point) -> Fault;
}

async fn pass(plan: &dyn FaultPlan, call: &'static str, point: Point) -> Result<(), PortError> {
    match plan.next(call, point) {
        Fault::None => Ok(()),
        Fault::Fail => {
            let source = format!("{call} was made to fail ({point:?})");
            Err(PortError::failed("faulty", source))
        }
        Fault::Busy => {
            let detail = format!("{call} was made busy ({point:?})");
            Err(PortError::busy("faulty", detail))
        }
        Fault::Panic => panic!("{call} was made to panic ({point:?})"),
        Fault::Crash => std::future::pending().await,
    }
}

async fn around<T>(
    plan: &Arc<dyn FaultPlan>,
    call: &'static str,
    effect: impl Future<Output = Result<T, PortError>> + Send,
) -> Result<T, PortError> {
    pass(&**plan, call, Point::Before).await?;
    let answer = effect.await;
    pass(&**plan, call, Point::After).await?;
    answer
}
