//! The machine and the program, for operators.

use app::wire::DoctorCheck;
use async_trait::async_trait;
use futures::future::BoxFuture;

/// Facts that only the process itself knows.
#[async_trait]
pub trait SystemFacts: Send + Sync + 'static {
    /// The program's version.
    fn version(&self) -> String;

    /// Every setting in effect, without possible passwords.
    fn settings(&self) -> String;

    /// The checks of `server doctor`. Takes some seconds.
    async fn checks(&self) -> Vec<DoctorCheck>;

    /// Runs work to its end, and waits for it for some seconds, less than a request may take. The work continues
    /// even if the caller gives up.
    async fn carry_out(&self, work: BoxFuture<'static, ()>);
}
