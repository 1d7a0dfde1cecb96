//! Wraps real ports so that they fail on purpose: for simulations and fault scenarios.
//!
//! Every call passes two points, before and after its effect. At each the injector may let it pass,
//! return an error (after the effect: the answer is lost), or crash the process: then no call that
//! is under way ever continues.

mod ledger;
mod messages;
mod once;
mod payments;
mod shipping;

use std::{future::Future, sync::Arc};

use async_trait::async_trait;

use crate::engine::ports::PortError;

pub use ledger::WithFaults;
pub use once::{InjectOnce, InjectedFault};

/// The fault at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    None,
    /// The call returns an error.
    Fail,
    /// The call returns busy.
    Busy,
    /// The call panics.
    Panic,
    /// This call and all others never return.
    Crash,
    /// The call waits at this point until [`FaultInjector::resumed`].
    Pause,
}

/// The point within a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before the effect.
    Before,
    /// After the effect; only the answer is missing.
    After,
}

/// Decides which calls fail.
#[async_trait]
pub trait FaultInjector: Send + Sync + 'static {
    /// Called at every point of every call, in order.
    fn next(&self, call: &'static str, point: Point) -> Fault;

    /// Resolves when a paused call may continue.
    async fn resumed(&self) {}
}

async fn pass(
    injector: &dyn FaultInjector,
    call: &'static str,
    point: Point,
) -> Result<(), PortError> {
    match injector.next(call, point) {
        Fault::None => Ok(()),
        Fault::Fail => {
            let source = format!("{call} was made to fail ({point:?})");
            Err(PortError::failed("fault injection", source))
        }
        Fault::Busy => {
            let detail = format!("{call} was made busy ({point:?})");
            Err(PortError::busy("fault injection", detail))
        }
        Fault::Panic => panic!("{call} was made to panic ({point:?})"),
        Fault::Crash => std::future::pending().await,
        Fault::Pause => {
            injector.resumed().await;
            Ok(())
        }
    }
}

async fn around<T>(
    injector: &Arc<dyn FaultInjector>,
    call: &'static str,
    effect: impl Future<Output = Result<T, PortError>> + Send,
) -> Result<T, PortError> {
    pass(&**injector, call, Point::Before).await?;
    let answer = effect.await;
    pass(&**injector, call, Point::After).await?;
    answer
}
