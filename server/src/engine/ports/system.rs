//! The machine and the program, as those see them who answer for the shop.

use app::wire::Finding;
use async_trait::async_trait;
use futures::future::BoxFuture;

/// What only the process itself knows.
#[async_trait]
pub trait SystemFacts: Send + Sync + 'static {
    /// Of the program.
    fn version(&self) -> String;

    /// Every setting in effect, without what may be a password.
    fn settings(&self) -> String;

    /// What `server doctor` says; within some seconds.
    async fn findings(&self) -> Vec<Finding>;

    /// Does this to its end, and waits for it for some seconds, less than a request may take: whoever asked and gave
    /// up does not end it.
    async fn carry_out(&self, work: BoxFuture<'static, ()>);
}
