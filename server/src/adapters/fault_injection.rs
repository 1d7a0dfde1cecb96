//! Ports that fail on purpose, in front of the real ones: for simulations and fault scenarios.
//!
//! Every call passes two points, before and after its effect. At each the injector may let it pass,
//! answer with an error (after the effect: the answer is lost), or crash the process: then nothing
//! that is under way ever continues.

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
    /// The call waits there until [`FaultInjector::resumed`].
    Pause,
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
#[async_trait]
pub trait FaultInjector: Send + Sync + 'static {
    /// Asked at every point of every call, in order.
    fn next(&self, call: &'static str, point: Point) -> Fault;

    /// Resolves when a call that was paused goes on.
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
